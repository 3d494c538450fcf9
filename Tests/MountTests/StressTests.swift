import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("Many readers while the source changes")
    struct Stress {
        private static let readers = 8
        private static let files = 1000
        private static let versions = 12

        /// How long the readers read: a minute, unless `$SECRETARY_STRESS_SECONDS` says otherwise.
        private static let seconds: Int =
            unsafe getenv("SECRETARY_STRESS_SECONDS").flatMap { unsafe Int(String(cString: $0)) } ?? 60

        /// The text of a version of a file; `stress-reader.c` knows it too.
        private static func text(_ file: Int, _ version: Int) -> String {
            let letter = String(UnicodeScalar(UInt8(ascii: "a") + UInt8((file + version) % 26)))
            return "\(file) \(version) " + String(repeating: letter, count: 40 + (file * 7 + version * 131) % 5000)
        }

        @Test("every read is one of the values that ever existed, whole; nothing leaks")
        func consistency() async throws {
            try await TestRepo.with { repo in
                let lines = try (0..<Self.files).map { file in
                    try (0..<Self.versions).map { version in
                        "key\(file): \(try repo.seal(Self.text(file, version), as: version % 2 == 0 ? .nacl : .hpke))\n"
                    }
                }
                var present = [Int](repeating: 0, count: Self.files)
                func source() -> [UInt8] {
                    zip(lines, present).flatMap { versions, version in Array(versions[version].utf8) }
                }
                try repo.write("many.yml", source())
                try await repo.mounted("many.yml") { mount in
                    let children = try await Self.startReaders(of: mount)
                    let end = ContinuousClock.now + .seconds(Self.seconds)
                    var changes = 0
                    var early: Int?
                    while ContinuousClock.now < end {
                        for _ in 0..<100 {
                            present[.random(in: 0..<Self.files)] = .random(in: 0..<Self.versions)
                        }
                        try Self.replace(repo, by: source(), atOnce: changes % 5 != 0)
                        changes += 1
                        // Not waiting for anything: this is how often the source changes.
                        try await Task.sleep(for: .milliseconds(100))
                        if early == nil, changes > Self.seconds * 2 { early = try mount.worker.memory().anonymous }
                    }
                    var reads = 0
                    for (number, child) in children.enumerated() {
                        #expect(try await child.end() == 0)
                        let text = String(
                            decoding: try Scratch.read(repo.output.appending("reader\(number)")), as: UTF8.self)
                        reads += try #require(Int(text.dropLast()), "\(text)")
                    }
                    print("stress: \(reads) reads by \(Self.readers) processes over \(changes) changes")
                    #expect(reads > Self.readers * Self.files)
                    try await Self.expectNoLeak(of: mount, since: try #require(early))
                }
            }
        }

        private static func startReaders(of mount: Mount) async throws -> [Child] {
            var children: [Child] = []
            for number in 0..<readers {
                children.append(
                    try await mount.repo.start(
                        "stress-reader",
                        [mount.path.string, "\(files)", "\(versions)", "\(seconds)", "\(number)"],
                        output: "reader\(number)"))
            }
            return children
        }

        /// As a whole by a rename, as editors and git do; or in place and in pieces.
        private static func replace(_ repo: TestRepo, by text: [UInt8], atOnce: Bool) throws {
            guard !atOnce else { return try repo.write("many.yml", text) }
            let file = try FileDescriptor.open(
                repo.root.appending("many.yml"), .writeOnly, options: [.truncate])
            defer { try? file.close() }
            for start in stride(from: 0, to: text.count, by: 1 << 20) {
                try file.writeAll(text[start..<min(start + 1 << 20, text.count)])
            }
        }

        private static func expectNoLeak(of mount: Mount, since early: Int) async throws {
            try await mount.becomesIdle()
            #expect(try mount.leakedDescriptors().isEmpty)
            // Every version that was replaced has been given back by the kernel.
            try await eventually("the kernel refers to no old version") {
                try await mount.status().number("kernel_nodes") <= files + 10
            }
            let growth = try mount.worker.memory().anonymous - early
            #expect(growth < 16 << 10, "memory grew by \(growth) KiB")
        }
    }
}
