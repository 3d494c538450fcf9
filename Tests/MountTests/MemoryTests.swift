import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("What a server's memory holds")
    struct Memory {
        /// A secret that nothing else contains.
        private static func needle() -> [UInt8] {
            Array("needle-\(UInt64.random(in: .min ... .max))-\(UInt64.random(in: .min ... .max))".utf8)
        }

        /// Not in the memory of either process, nor in a core that root forces out of it.
        private func expectNone(of needles: [[UInt8]], in mount: Mount, _ repo: TestRepo) async throws {
            for process in [mount.server, mount.worker] {
                let core = repo.output.appending("core-\(process.pid)")
                let traces = try await MemorySearch.traces(of: needles, in: process.pid, core: core)
                #expect(traces.isEmpty)
            }
        }

        @Test("after the last close and the linger no plaintext is left", arguments: ["strict", "open", "resident"])
        func forgotten(policy: String) async throws {
            try await TestRepo.with { repo in
                let needles = [Self.needle(), Self.needle(), Self.needle()]
                let (first, second) = (try repo.seal(needles[0], as: .nacl), try repo.seal(needles[1]))
                try repo.write("web.yml", "first: \(first)\nsecond: \"a\(second)b\"\n")
                try repo.write("app.json", #"{"third": "\#(try repo.seal(needles[2], as: .nacl))"}"#)
                try await repo.mounted(".", "--cache", policy) { mount in
                    for (name, needle) in zip(["web.yml/first", "web.yml/second", "app.json/third"], needles) {
                        #expect(try await mount.read(name).output.firstRange(of: needle) != nil)
                    }
                    try await mount.becomesIdle()
                    try await expectNone(of: needles, in: mount, repo)
                }
            }
        }

        @Test("rendered files leave nothing either")
        func rendered() async throws {
            let settings = """
                version: 1
                views:
                  web:
                    source: web.yml
                    render:
                      - { path: app.env, format: dotenv }
                      - { path: app.json, format: json }
                      - { path: app.txt, format: template, template: "x={{ first }}" }
                """
            try await TestRepo.with(settings: settings) { repo in
                let needle = Self.needle()
                try repo.write("web.yml", "first: \(try repo.seal(needle))\n")
                try await repo.mounted(".", "--view", "web") { mount in
                    for name in ["app.env", "app.json", "app.txt"] {
                        #expect(try await mount.read(name).output.firstRange(of: needle) != nil)
                    }
                    try await mount.becomesIdle()
                    try await expectNone(of: [needle], in: mount, repo)
                }
            }
        }

        @Test("while a file is open its plaintext is there, in guarded memory only", arguments: ["strict", "open"])
        func held(policy: String) async throws {
            try await TestRepo.with { repo in
                let needle = Self.needle()
                try repo.write("web.yml", "first: \(try repo.seal(needle))\n")
                try await repo.mounted("web.yml", "--cache", policy) { mount in
                    let file = try FileDescriptor.open(mount["first"], .readOnly)
                    let hits = try MemorySearch.search(pid: mount.worker.pid, for: needle)
                    #expect(!hits.isEmpty, "the search finds what is there")
                    let guarded = try GuardedMaps(of: mount.worker.pid)
                    #expect(hits.allSatisfy { guarded.contains($0.address) }, "\(hits)")
                    try file.close()
                }
            }
        }

        @Test("the private key is in guarded memory only, and its text nowhere")
        func privateKey() async throws {
            try await TestRepo.with { repo in
                let needle = Self.needle()
                try repo.write("web.yml", "first: \(try repo.seal(needle))\n")
                let text = String(
                    decoding: try Scratch.read(repo.root.appending("keys/master-private-key.pem")), as: UTF8.self)
                let base64 = Array(text.split(separator: "\n")[1].utf8)
                let raw = try #require(Self.decode(base64))
                try await repo.mounted("web.yml") { mount in
                    #expect(try await mount.read("first").status == 0)
                    let hits = try MemorySearch.search(pid: mount.worker.pid, for: raw)
                    #expect(!hits.isEmpty, "the search finds what is there")
                    let guarded = try GuardedMaps(of: mount.worker.pid)
                    #expect(hits.allSatisfy { guarded.contains($0.address) }, "\(hits)")
                    #expect(try MemorySearch.search(pid: mount.worker.pid, for: base64).isEmpty)
                }
            }
        }

        @Test("a server writes no core and cannot be traced by its own user")
        func hygiene() async throws {
            try await TestRepo.with(.nobody) { repo in
                try repo.write("web.yml", "first: \(try repo.seal("x"))\n")
                try await repo.mounted("web.yml") { mount in
                    let limits = String(
                        decoding: try Scratch.read(FilePath("/proc/\(mount.worker.pid)/limits")), as: UTF8.self)
                    let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
                    #expect(core?.split(separator: " ").dropFirst(4).first == "0")
                    // The kernel gives the files of a process that is not dumpable to root.
                    let result = try await repo.shell("cat /proc/\(mount.worker.pid)/maps")
                    #expect(result.status != 0)
                }
            }
        }

        private static func decode(_ base64: [UInt8]) -> [UInt8]? {
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
            var bits = 0
            var count = 0
            var bytes: [UInt8] = []
            for character in base64 where character != UInt8(ascii: "=") {
                guard let value = alphabet.firstIndex(of: character) else { return nil }
                bits = (bits << 6 | value) & 0xffff
                count += 6
                if count >= 8 {
                    count -= 8
                    bytes.append(UInt8(truncatingIfNeeded: bits >> count))
                }
            }
            return bytes
        }
    }
}

/// The parts of a process's memory that are locked and left out of cores (`VmFlags` of proc_pid_smaps(5)).
private struct GuardedMaps {
    private var ranges: [Range<UInt>] = []

    init(of pid: Int32) throws {
        let text = String(decoding: try Scratch.read(FilePath("/proc/\(pid)/smaps")), as: UTF8.self)
        var range: Range<UInt>?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            let bounds = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if bounds.count == 2, bounds[0] < bounds[1] {
                range = bounds[0]..<bounds[1]
            } else if words[0] == "VmFlags:", words.contains("lo"), words.contains("dd"), let range {
                ranges.append(range)
            }
        }
    }

    func contains(_ address: UInt) -> Bool { ranges.contains { $0.contains(address) } }
}
