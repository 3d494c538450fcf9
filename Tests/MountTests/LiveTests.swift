import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// What readers see when a value changes.
    @Suite("A value changes while it is mounted")
    struct Live {
        @Test(
            "the new value is there at once, as another file under the old name",
            arguments: ["strict", "open", "resident"])
        func change(policy: String) async throws {
            try await TestRepo.with { repo in
                func source(_ round: Int) throws -> String {
                    "key: \(try repo.seal(String(repeating: "\(round)", count: 10 + round)))\nother: \(other)\n"
                }
                let other = try repo.seal("stays")
                try repo.write("app.yml", try source(0))
                try await repo.mounted("app.yml", "--cache", policy) { mount in
                    #expect(try mount.text("key") == "0000000000")
                    let (first, unchanged) = (try mount.status(of: "key"), try mount.status(of: "other"))
                    var inodes: Set<ino_t> = [first.st_ino]
                    var times: [Int] = []
                    for round in 1...5 {
                        let text = String(repeating: "\(round)", count: 10 + round)
                        try repo.write("staged.txt", try source(round))
                        let result = try await repo.run(
                            "change",
                            [repo.root.appending("staged.txt").string, repo.root.appending("app.yml").string]
                                + [mount["key"].string, text])
                        times.append(try #require(Int(result.text.dropLast()), "\(result.errors)"))
                        let status = try mount.status(of: "key")
                        #expect(status.st_size == 10 + round)
                        #expect(status.st_mtim.tv_sec >= first.st_mtim.tv_sec)
                        inodes.insert(status.st_ino)
                    }
                    print("mount, \(policy): a change was seen after \(times.map { "\($0 / 1000) ms" })")
                    // The goal of 100 ms is measured by the benchmarks; this is a machine that does other things too.
                    #expect(times.allSatisfy { $0 < 2_000_000 })
                    #expect(inodes.count == 6, "each version is an inode of its own")
                    let after = try mount.status(of: "other")
                    #expect(after.st_ino == unchanged.st_ino && after.st_mtim.tv_nsec == unchanged.st_mtim.tv_nsec)
                    // The first value again is the first file again.
                    try repo.write("app.yml", try source(0))
                    try await mount.shows("key", "0000000000")
                }
            }
        }

        @Test("an open file keeps what it was opened with, in maps too", arguments: ["strict", "open", "resident"])
        func snapshot(policy: String) async throws {
            try await TestRepo.with { repo in
                let old = String(repeating: "old value, ", count: 2000)
                try repo.write("app.yml", "key: \(try repo.seal(old))")
                try await repo.mounted("app.yml", "--cache", policy) { mount in
                    let file = try FileDescriptor.open(mount["key"], .readOnly, options: [.closeOnExec])
                    defer { try? file.close() }
                    let map = unsafe mmap(nil, old.utf8.count, PROT_READ, MAP_PRIVATE, file.rawValue, 0)
                    let mapped = try unsafe #require(map)
                    defer { unsafe munmap(mapped, old.utf8.count) }
                    func content() throws -> (read: String, mapped: String) {
                        let bytes = try unsafe [UInt8](unsafeUninitializedCapacity: old.utf8.count + 10) {
                            bytes, used in
                            used = try unsafe file.read(
                                fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(bytes))
                        }
                        let view = unsafe UnsafeRawBufferPointer(start: mapped, count: old.utf8.count)
                        return (String(decoding: bytes, as: UTF8.self), unsafe String(decoding: view, as: UTF8.self))
                    }
                    #expect(try content() == (old, old))
                    try repo.write("app.yml", "key: \(try repo.seal("new"))")
                    try await mount.shows("key", "new")
                    #expect(try content() == (old, old))
                    // Without the kernel's copies the server itself has to know the old value.
                    posix_fadvise(file.rawValue, 0, 0, POSIX_FADV_DONTNEED)
                    #expect(try content() == (old, old))
                    var status = stat()
                    #expect(unsafe fstat(file.rawValue, &status) == 0 && status.st_size == old.utf8.count)
                    // Gone from the source altogether, and back.
                    try repo.write("app.yml", "other: \(try repo.seal("x"))")
                    try await mount.shows("key", nil)
                    #expect(try content() == (old, old))
                }
            }
        }

        @Test("whoever watches a file hears that it was replaced or removed")
        func events() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("old"))\nother: \(try repo.seal("x"))")
                try await repo.mounted("app.yml") { mount in
                    for text in ["new", "newer"] {
                        let watch = try FileWatch(mount["key"], IN_DELETE_SELF)
                        try repo.write("app.yml", "key: \(try repo.seal(text))")
                        try await watch.waits(for: IN_DELETE_SELF)
                        try await mount.shows("key", text)
                    }
                    let watch = try FileWatch(mount["key"], IN_DELETE_SELF)
                    try repo.write("app.yml", "other: \(try repo.seal("x"))")
                    try await watch.waits(for: IN_DELETE_SELF)
                }
            }
        }

        @Test("Node's fs.watch tells of a change")
        func node() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("old"))")
                try await repo.mounted("app.yml") { mount in
                    let script = """
                        const fs = require("fs");
                        fs.watch(process.argv[1], (event) => {
                          console.log(event, fs.readFileSync(process.argv[1], "utf8"));
                          process.exit(0);
                        });
                        console.log("watching");
                        """
                    let child = try await repo.start("node", ["-e", script, mount["key"].string], output: "node")
                    let output = repo.output.appending("node")
                    try await eventually("node watches") { try !Scratch.read(output).isEmpty }
                    try repo.write("app.yml", "key: \(try repo.seal("new"))")
                    #expect(try await child.end() == 0)
                    #expect(String(decoding: try Scratch.read(output), as: UTF8.self) == "watching\nrename new\n")
                }
            }
        }

        @Test("values and folders come and go, in listings too")
        func names() async throws {
            try await TestRepo.with { repo in
                func write(_ values: [String: String]) throws {
                    try repo.plant(
                        values.sorted { $0.key < $1.key }.map { Sample($0.key, $0.value) }, in: "app.yml", place: nil)
                }
                var values = ["a/b/c": "1", "a/b/d": "2", "a/e": "3", "f": "4"]
                try write(values)
                try await repo.mounted("app.yml") { mount in
                    try await mount.shows(values)
                    for change: [String: String?] in [
                        ["g": "5", "a/b/h": "6"], ["a/b/c": nil], ["a/b/d": nil, "a/b/h": nil], ["a/b/c": "7"],
                        // A folder becomes a file, and a file a folder.
                        ["a/b/c": nil, "a/e": nil, "a": "8", "f": nil, "f/x/y": "9"], ["a": nil, "a/b/c": "1"],
                        ["f/x/y": "10", "f/x/z": "11", "g": nil],
                    ] {
                        for (name, text) in change { values[name] = text }
                        try write(values)
                        try await mount.shows(values)
                    }
                    // A folder that somebody is in may go, and come back.
                    let folder = try FileDescriptor.open(mount["a/b"], .readOnly, options: [.directory, .closeOnExec])
                    defer { try? folder.close() }
                    values["a/b/c"] = nil
                    try write(values)
                    try await mount.shows(values)
                    #expect(unsafe faccessat(folder.rawValue, "c", F_OK, 0) == -1 && errno == ENOENT)
                    values["a/b/c"] = "12"
                    try write(values)
                    try await mount.shows(values)
                    #expect(unsafe faccessat(folder.rawValue, "c", F_OK, 0) == 0)
                }
            }
        }
    }
}
