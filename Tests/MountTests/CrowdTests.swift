import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// What the kernel is told waits for what it asks, and the other way round: nobody may wait for himself.
    @Suite("Nobody waits forever")
    struct Crowds {
        private static let files = 32

        /// The text of a file; `crowd.c` knows it too.
        private static func text(_ file: Int) -> String {
            let letter = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(file % 26)))
            return "\(file) " + String(repeating: letter, count: 40 + file * 97 % 9000)
        }

        /// The source with two envelopes of each secret to choose from: another version with the same text.
        private static func versions(_ repo: TestRepo) throws -> [[String]] {
            try (0..<2).map { _ in try (0..<files).map { "key\($0): \(try repo.seal(text($0)))\n" } }
        }

        private static func write(_ versions: [[String]], to repo: TestRepo) throws {
            let lines = (0..<files).map { versions[.random(in: 0..<versions.count)][$0] }
            try repo.write("many.yml", lines.joined())
        }

        @Test(
            "one thread serves maps, many opens and changes of the source, and dies in between; all readers end",
            arguments: ["strict", "open", "resident"])
        func oneThread(policy: String) async throws {
            try await TestRepo.with { repo in
                let versions = try Self.versions(repo)
                try Self.write(versions, to: repo)
                try await repo.mounted("many.yml", "--cache", policy, "--serving-threads", "1") { mount in
                    let stop = repo.output.appending("stop")
                    let crowd = try await repo.start(
                        "crowd", [mount.path.string, "\(Self.files)", "12", stop.string], output: "crowd")
                    let end = ContinuousClock.now + .seconds(6)
                    var kill = ContinuousClock.now + .seconds(1)
                    while ContinuousClock.now < end {
                        try Self.write(versions, to: repo)
                        try await Task.sleep(for: .milliseconds(.random(in: 1...20)))
                        guard kill < .now else { continue }
                        kill = .now + .milliseconds(.random(in: 200...800))
                        try? mount.presentWorker()?.signal(SIGKILL)
                    }
                    _ = try await repo.shell(": >$OUT/stop")
                    #expect(try await crowd.end() == 0)
                    let said = String(decoding: try Scratch.read(repo.output.appending("crowd")), as: UTF8.self)
                    #expect((Int(said.dropLast()) ?? 0) > 100, "\(said)")
                    print("crowd, \(policy): \(said.dropLast()) reads")
                    #expect(try mount.text("key1") == Self.text(1))
                }
            }
        }

        @Test("files that are opened anew while handles of a worker that is gone read them", arguments: [1, 8])
        func reopened(threads: Int) async throws {
            try await TestRepo.with { repo in
                try Self.write(try Self.versions(repo), to: repo)
                try await repo.mounted("many.yml", "--serving-threads", "\(threads)") { mount in
                    let output = repo.output.appending("reader")
                    func says(_ word: String) async throws {
                        try await eventually("the reader says \(word)") {
                            (try? Scratch.read(output)).map { String(decoding: $0, as: UTF8.self) }?
                                .contains(word) ?? false
                        }
                    }
                    let reader = try await repo.start(
                        "reopen", [mount.path.string, "\(Self.files)", repo.output.appending("go").string],
                        output: "reader")
                    try await says("opened")
                    // What is asked for from now on waits for the next worker, in this order.
                    try mount.worker.signal(SIGSTOP)
                    _ = try await repo.shell(": >$OUT/go")
                    try await says("asked")
                    try mount.worker.signal(SIGKILL)
                    #expect(try await reader.end() == 0)
                }
            }
        }

        enum End: CaseIterable { case signal, lazily, worker }

        @Test(
            "a mount ends while the kernel is told of changes and asked for names: no process hangs, no mount is left",
            arguments: End.allCases, Account.all)
        func ending(way: End, account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                let versions = try Self.versions(repo)
                for round in 0..<12 {
                    try Self.write(versions, to: repo)
                    try repo.give(repo.root)
                    let mount = try await Mount(repo, "many.yml", [], at: repo.mountpoint)
                    let stop = repo.output.appending("stop-\(round)")
                    let crowd = try await repo.start(
                        "crowd", [mount.path.string, "\(Self.files)", "8", stop.string], output: "crowd-\(round)")
                    let end = ContinuousClock.now + .milliseconds(.random(in: 50...300))
                    while ContinuousClock.now < end {
                        try Self.write(versions, to: repo)
                        try await Task.sleep(for: .milliseconds(3))
                    }
                    switch way {
                    case .signal: try mount.server.signal(SIGTERM)
                    case .lazily:
                        let unmounted = try await repo.secretaryctl("unmount", "--lazy", mount.path.string)
                        #expect(unmounted.status == 0, "\(unmounted.errors)")
                    case .worker:
                        // The server learns of both at once.
                        try mount.worker.signal(SIGKILL)
                        try mount.server.signal(SIGTERM)
                    }
                    try await eventually("the server of round \(round) ends") {
                        try Self.write(versions, to: repo)
                        return !mount.server.isRunning && !mount.worker.isRunning
                    }
                    _ = try await repo.shell(": >$OUT/stop-\(round)")
                    #expect(try await crowd.end() == 0)
                    #expect(try await Leftovers.mounts(of: repo).isEmpty)
                }
            }
        }
    }
}
