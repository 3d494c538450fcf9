import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// How a mount follows what people and programs do to its source.
    @Suite("The source of a mount changes")
    struct Source {
        @Test("a file that is rewritten in place and slowly shows its old values until it is complete")
        func rewriting() async throws {
            try await TestRepo.with { repo in
                let old = (0..<20).map { Sample("key \($0)", "old \($0)") }
                try repo.plant(old, in: "app.yml", place: nil)
                try repo.plant((0..<30).map { Sample("key \($0)", "new \($0)") }, in: "staged.yml", place: nil)
                let new = try Scratch.read(repo.root.appending("staged.yml"))
                try await repo.mounted("app.yml") { mount in
                    let before = try mount.everything()
                    #expect(before.count == 20)
                    let file = try FileDescriptor.open(
                        repo.root.appending("app.yml"), .writeOnly, options: [.truncate, .closeOnExec])
                    let pieces = stride(from: 0, to: new.count, by: new.count / 7 + 1)
                    for start in pieces {
                        try file.writeAll(new[start..<min(start + new.count / 7 + 1, new.count)])
                        // Other changes meanwhile make the mount read its source.
                        try repo.write("other\(start).yml", "x: y")
                        let end = ContinuousClock.now + .milliseconds(60)
                        while ContinuousClock.now < end { try #require(try mount.everything() == before) }
                    }
                    try file.close()
                    try await mount.shows(Dictionary(uniqueKeysWithValues: (0..<30).map { ("key \($0)", "new \($0)") }))
                    #expect(try await mount.status().string("state") == "current")
                }
            }
        }

        @Test("a source that never comes to rest never shows half a file")
        func churn() async throws {
            try await TestRepo.with { repo in
                try repo.plant(
                    (0..<100).map { Sample("key\($0)", "key\($0) value") }, in: "conf/second.yml", place: nil)
                try repo.write("second.txt", try Scratch.read(repo.root.appending("conf/second.yml")))
                try repo.write("first.txt", "key: \(try repo.seal("x"))")
                try repo.write("conf/first.yml", "key: \(try repo.seal("x"))")
                try await repo.mounted("conf") { mount in
                    let result = try await repo.run(
                        "churn",
                        [
                            "conf/first.yml", "first.txt", "conf/second.yml", "second.txt", mount["second.yml"].string,
                            "100", "3",
                        ])
                    #expect(result.status == 0, "\(result.errors)")
                    try await mount.becomes("current")
                    #expect(try mount.everything(in: "second.yml").count == 100)
                }
            }
        }

        @Test("a file that somebody keeps open for writing is waited for, but not for ever")
        func patience() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("old"))")
                try await repo.mounted("app.yml") { mount in
                    let file = try FileDescriptor.open(
                        repo.root.appending("app.yml"), .writeOnly, options: [.truncate, .closeOnExec])
                    defer { try? file.close() }
                    try file.writeAll("key: \(try repo.seal("new"))\n".utf8)
                    try await mount.shows("key", "new")
                }
            }
        }

        @Test("a syntax error keeps the last good tree and is named with its place, until it is mended")
        func syntaxError() async throws {
            try await TestRepo.with { repo in
                let good = "key: \(try repo.seal("old"))\n"
                try repo.write("app.yml", good)
                try repo.write("other.json", #"{"key": "\#(try repo.seal("json"))"}"#)
                try await repo.mounted(".") { mount in
                    let before = try mount.everything()
                    let generation = try await mount.read(".secretary/generation").text
                    try repo.write("app.yml", good + "broken: [\n")
                    try await mount.becomes("outdated", because: "app.yml:3:1: ")
                    #expect(try mount.everything() == before)
                    try repo.write("app.yml", "key: \(try repo.seal("new"))\n")
                    try await mount.shows("app.yml/key", "new")
                    try await mount.becomes("current")
                    #expect(try await mount.status().string("error") == "")
                    try repo.write("other.json", #"{"key": "x", "key": "y"}"#)
                    try await mount.becomes("outdated", because: "other.json:1:14: ")
                    #expect(try mount.text("other.json/key") == "json")
                    #expect(try await mount.read(".secretary/generation").text != generation)
                }
            }
        }
    }
}
