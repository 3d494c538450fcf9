import SystemPackage
import TestSupport
import Testing

@Suite("init") struct InitTests {
    @Test("the skeleton works: its example opens, for its app and no other, and new secrets are scoped envelopes")
    func skeleton() async throws {
        let repo = try await Repo(keys: false)
        try await repo.check(["init", "shop"])
        #expect(try Scratch.list(repo.scratch["shop"]) == [".gitignore", ".secretary.yaml", "keys", "prod"])
        func run(_ arguments: [String], input: [UInt8]) async throws -> CommandResult {
            try await Command.run(
                Programs.secretaryctl, arguments, input: input, environment: Repo.basicEnvironment,
                directory: repo.scratch["shop"])
        }
        let example = try repo.scratch.read("shop/prod/web.yml")
        #expect(try await run(["decrypt"], input: example).text.contains("password: correct horse battery staple\n"))
        #expect(try await run(["decrypt", "--app", "/prod/web"], input: example).status == 0)
        #expect(try await run(["decrypt", "--app", "/prod/other"], input: example).status == 77)
        #expect(try await run(["encrypt", "--scope", "/prod/web"], input: [1]).text.hasPrefix("ENC[HPKE,"))
    }

    @Test("git does not see the private keys")
    func gitignore() async throws {
        let repo = try await Repo(keys: false)
        try await repo.check(["init"])
        try await Command.check("git", ["init", "--quiet"], directory: repo.path)
        let files = String(
            decoding: try await Command.check(
                "git", ["ls-files", "--others", "--exclude-standard"], directory: repo.path),
            as: UTF8.self)
        #expect(files.contains("keys/master-public-key.pem") && files.contains("prod/web.yml"))
        #expect(!files.contains("private"))
    }

    @Test("what a .gitignore says already stays, and nothing is added twice")
    func existingGitignore() async throws {
        let repo = try await Repo(keys: false)
        try repo.scratch.write(".gitignore", "*.log")
        try await repo.check(["init"])
        let text = try repo.scratch.readText(".gitignore")
        #expect(text.hasPrefix("*.log\n#") && text.hasSuffix("*-private-key.pem\n"))
        try await repo.check(["init", "--force"])
        #expect(try repo.scratch.readText(".gitignore") == text)
    }

    @Test("existing files are not replaced, and named, before anything is written")
    func refuses() async throws {
        let repo = try await Repo(keys: false)
        try repo.scratch.write("prod/web.yml", "mine")
        let result = try await repo.run(["init"])
        #expect(result.status == 73)
        #expect(result.errors.contains("prod/web.yml exists already") && result.errors.contains("--force"))
        #expect(try Scratch.list(repo.path) == ["prod"])
        #expect(try repo.scratch.readText("prod/web.yml") == "mine")
    }

    @Test("--force replaces files, but keys never")
    func keepsKeys() async throws {
        let repo = try await Repo(keys: false)
        try await repo.check(["init"])
        let keys = try Scratch.list(repo.scratch["keys"]).map { try repo.scratch.read("keys/\($0)") }
        try repo.scratch.write(".secretary.yaml", "broken: [")
        try await repo.check(["init", "--force"])
        #expect(try Scratch.list(repo.scratch["keys"]).map { try repo.scratch.read("keys/\($0)") } == keys)
        #expect(try repo.scratch.readText(".secretary.yaml").contains("format: hpke"))
    }

    @Test("half of a pair is used when it suffices, and never replaced when it does not")
    func halfPairs() async throws {
        let clone = try await Repo()
        try await Command.check("rm", ["keys/master-private-key.pem"], directory: clone.path)
        try await clone.check(["init"])
        #expect(try !Scratch.list(clone.scratch["keys"]).contains("master-private-key.pem"))

        let lost = try await Repo()
        let before = try lost.scratch.read("keys/master-private-key.pem")
        try await Command.check("rm", ["keys/master-public-key.pem"], directory: lost.path)
        let result = try await lost.run(["init", "--force"])
        #expect(result.status == 73)
        #expect(try lost.scratch.read("keys/master-private-key.pem") == before)
        #expect(try Scratch.list(lost.path) == ["keys"])
    }
}
