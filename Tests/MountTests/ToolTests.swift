import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("Programs that read a mount")
    struct Tools {
        /// The parts of `tools.sh`, by name.
        private static func scripts() throws -> [(name: Substring, script: String)] {
            let text = String(
                decoding: try Scratch.read(PublicPrograms.sources.appending("tools.sh")), as: UTF8.self)
            return text.split(separator: "\n#: ").dropFirst().compactMap { part in
                let lines = part.split(separator: "\n", maxSplits: 1)
                return lines.count == 2 ? (lines[0], String(lines[1])) : nil
            }
        }

        @Test("common programs see ordinary files", arguments: Account.all, ["strict", "open", "resident"])
        func tools(account: Account, policy: String) async throws {
            let scripts = try Tools.scripts()
            try #require(scripts.count == 22)
            try await TestRepo.with(account) { repo in
                try Reading.plant(in: repo)
                let variables = ["POLICY": policy, "PROGRAMS": try await PublicPrograms.shared().folder.string]
                try await repo.mounted("conf", "--cache", policy) { mount in
                    for (name, script) in scripts {
                        let result = try await repo.shell(script, environment: variables)
                        let said = result.text + result.errors
                        #expect(result.status == 0 && said.isEmpty, "\(name): \(result.status) \(said)")
                        try await repo.clearOutput()
                    }
                }
            }
        }
    }
}

extension TestRepo {
    /// Makes `$OUT` empty again.
    func clearOutput() async throws {
        let result = try await run("find", [output.string, "-mindepth", "1", "-delete"], as: .root)
        if result.status != 0 { throw MountFailure(result.errors) }
    }
}
