import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// What readers see of a worker that begins while the source does not answer.
    @Suite("A source that hangs while a worker begins")
    struct HangingSources {
        private let hanging = Hanging()

        /// Makes reading the source hang, and has another worker begin.
        private func hang(_ mount: Mount) async throws -> Gate {
            let gate = try Gate(mount.repo.place.appending("gate.source"))
            let number = try await mount.status().number("workers")
            try mount.presentWorker()?.signal(SIGKILL)
            try await eventually("another worker serves") {
                try await mount.status().number("workers") == number + 1
            }
            return gate
        }

        @Test(
            "names are there at once, also while many wait for content, and they get it when the source answers",
            arguments: ["strict", "open"])
        func names(policy: String) async throws {
            try await hanging.mounted(policy: policy, secrets: 50) { mount, _ in
                #expect(try mount.text("quick") == "***")
                let source = try await hang(mount)
                let readers = try await hanging.readers(Array(repeating: "quick", count: 50), of: mount)
                #expect(try mount.status(of: "hang7").st_size == 6)
                #expect(try Scratch.list(mount.path).count == 53)
                try await mount.becomes("outdated", because: "the source has not answered since ")
                try source.open()
                for reader in readers { #expect(try await reader.answer() == "read: ok") }
                #expect(try mount.text("quick") == "***")
                try await mount.becomes("current")
            }
        }

        @Test("a file that is open can be read meanwhile")
        func openFile() async throws {
            try await hanging.mounted { mount, _ in
                let file = try FileDescriptor.open(mount["quick"], .readOnly)
                defer { try? file.close() }
                let source = try await hang(mount)
                var bytes = [UInt8](repeating: 0, count: 10)
                let count = try unsafe bytes.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
                #expect(String(decoding: bytes[..<count], as: UTF8.self) == "***")
                try source.open()
                try await mount.becomes("current")
                #expect(try mount.text("quick") == "***")
            }
        }

        @Test("after the deadline a reader is told that there was no answer", arguments: ["strict", "open"])
        func deadline(policy: String) async throws {
            try await hanging.mounted(policy: policy, deadline: 3) { mount, _ in
                let source = try await hang(mount)
                let answer = try await hanging.readers(["quick"], of: mount)[0].timedAnswer()
                #expect(answer.text == "open: ETIMEDOUT")
                #expect((3000..<9000).contains(answer.milliseconds), "after \(answer.milliseconds) ms")
                #expect(try await mount.status().text.contains("no answer within 3.0 seconds"))
                try source.open()
                try await mount.becomes("current")
                #expect(try mount.text("quick") == "***")
            }
        }

        @Test("who waits for a value that has changed meanwhile gets the new one")
        func change() async throws {
            try await hanging.mounted { mount, _ in
                let source = try await hang(mount)
                let reader = try await mount.repo.start("cat", [mount["quick"].string], output: "changed")
                try await eventually("it waits") { try await mount.status().number("waiting_requests") == 1 }
                try mount.repo.write("app.yml", "quick: \(try mount.repo.seal("12345"))\n")
                try source.open()
                #expect(try await reader.end() == 0)
                #expect(try Scratch.read(mount.repo.output.appending("changed")) == Array("*****".utf8))
                try await eventually("the listing is new") {
                    try Scratch.list(mount.path) == [".secretary", "quick"]
                }
            }
        }

        @Test("those who wait when that worker dies, too, get their answer from the next")
        func death() async throws {
            try await hanging.mounted { mount, _ in
                let source = try await hang(mount)
                let readers = try await hanging.readers(["quick", "quick"], of: mount)
                try mount.presentWorker()?.signal(SIGKILL)
                try await eventually("both wait again") {
                    let status = try await mount.status()
                    return try status.number("workers") == 3 && status.number("waiting_requests") == 2
                }
                try source.open()
                for reader in readers { #expect(try await reader.answer() == "read: ok") }
            }
        }

        @Test("an upgrade fails, and says why; the worker that there is goes on")
        func upgrade() async throws {
            try await hanging.mounted { mount, _ in
                let source = try Gate(mount.repo.place.appending("gate.source"))
                let worker = try await mount.currentWorker().pid
                try mount.server.signal(SIGUSR2)
                try await eventually("the upgrade has failed") { try await mount.status().number("upgrades") == 1 }
                let status = try await mount.status()
                #expect(try status.string("upgrade_error").contains("has not been read within 4.0 seconds"))
                #expect(try await mount.currentWorker().pid == worker)
                #expect(try mount.text("quick") == "***")
                try source.open()
            }
        }
    }
}
