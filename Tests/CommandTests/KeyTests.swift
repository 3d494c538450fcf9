import SystemPackage
import TestSupport
import Testing

@Suite("keys: where they are looked for, and how they are made") struct KeyTests {
    /// A place where each test puts the right key, while all others hold a wrong one or nothing.
    private func opens(
        _ arguments: [String] = [], _ environment: [String: String] = [:], in repo: Repo, _ envelope: String
    ) async throws -> CommandResult {
        try await repo.run(["decrypt"] + arguments, input: Array(envelope.utf8), environment: environment)
    }

    @Test("a private key is found: option, $DEPLOY_PRIVATE_KEY, $MASTER_PRIVATE_KEY, ./keys, in this order")
    func order() async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x")
        try await repo.check(["genkeys", "--path", "wrong"])
        let wrong = "wrong/master-private-key.pem"
        let right = "right.pem"
        try repo.scratch.write(right, repo.scratch.read("keys/master-private-key.pem"))

        #expect(try await opens(in: repo, envelope).text == "x")
        #expect(try await opens([], ["MASTER_PRIVATE_KEY": wrong], in: repo, envelope).status == 80)
        #expect(
            try await opens([], ["MASTER_PRIVATE_KEY": wrong, "DEPLOY_PRIVATE_KEY": right], in: repo, envelope).text
                == "x")
        #expect(
            try await opens([], ["MASTER_PRIVATE_KEY": right, "DEPLOY_PRIVATE_KEY": wrong], in: repo, envelope).status
                == 80)
        for option in ["--private-key", "--deploy-key"] {
            #expect(try await opens([option, right], ["DEPLOY_PRIVATE_KEY": wrong], in: repo, envelope).text == "x")
            #expect(try await opens([option, wrong], ["DEPLOY_PRIVATE_KEY": right], in: repo, envelope).status == 80)
        }
    }

    @Test("a config public key is found: option, $CONFIG_PUBLIC_KEY, ./keys, in this order")
    func configOrder() async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x")
        try await repo.check(["genkeys", "--path", "wrong"])
        let wrong = "wrong/config-public-key.pem"
        let right = "keys/config-public-key.pem"
        #expect(try await opens([], ["CONFIG_PUBLIC_KEY": wrong], in: repo, envelope).status == 80)
        #expect(try await opens(["--config-key", right], ["CONFIG_PUBLIC_KEY": wrong], in: repo, envelope).text == "x")
        #expect(try await opens(["--config-key", wrong], [:], in: repo, envelope).status == 80)
    }

    @Test("sealing keys are found: option, $PUBLIC_KEY and $PRIVATE_KEY, ./keys, in this order")
    func sealing() async throws {
        let repo = try await Repo()
        try await repo.check(["genkeys", "--path", "other"])
        let opensWithOther = [
            "--private-key", "other/master-private-key.pem", "--config-key", "other/config-public-key.pem",
        ]
        let variables = ["PUBLIC_KEY": "other/master-public-key.pem", "PRIVATE_KEY": "other/config-private-key.pem"]
        let options = ["--public-key", "other/master-public-key.pem", "--private-key", "other/config-private-key.pem"]
        let wrong = ["PUBLIC_KEY": "keys/master-public-key.pem", "PRIVATE_KEY": "keys/config-private-key.pem"]
        for (arguments, environment) in [([], variables), (options, [:]), (options, wrong)] {
            let envelope = try await repo.check(["encrypt"] + arguments, input: [120], environment: environment)
            #expect(try await repo.check(["decrypt"] + opensWithOther, input: envelope) == [120])
        }
    }

    @Test("a variable holds a path, a PEM text or base64", arguments: ["path", "pem", "base64", "pem with CRLF"])
    func variables(_ form: String) async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x")
        func value(_ file: String) throws -> String {
            let pem = try repo.scratch.readText("moved/\(file)")
            return switch form {
            case "path": "moved/\(file)"
            case "pem": pem
            case "base64": String(pem.split(separator: "\n")[1])
            default: pem.split(separator: "\n").joined(separator: "\r\n")
            }
        }
        try await Command.check("mv", ["keys", "moved"], directory: repo.path)
        let environment = [
            "MASTER_PRIVATE_KEY": try value("master-private-key.pem"),
            "CONFIG_PUBLIC_KEY": try value("config-public-key.pem"),
        ]
        #expect(try await opens([], environment, in: repo, envelope).text == "x")
    }

    @Test("no key: the error lists every place that was tried")
    func missing() async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x")
        let elsewhere = try await Repo(keys: false)
        let noConfig = try await opens(in: elsewhere, envelope)
        #expect(noConfig.status == 66)
        for place in ["no config public key", "$CONFIG_PUBLIC_KEY", "keys/config-public-key.pem", "hint: "] {
            #expect(noConfig.errors.contains(place), "\(noConfig.errors)")
        }
        let config = try repo.scratch.readText("keys/config-public-key.pem")
        let noMaster = try await opens([], ["CONFIG_PUBLIC_KEY": config], in: elsewhere, envelope)
        #expect(noMaster.status == 66)
        for place in ["--private-key", "$DEPLOY_PRIVATE_KEY", "$MASTER_PRIVATE_KEY", "keys/master-private-key.pem"] {
            #expect(noMaster.errors.contains(place), "\(noMaster.errors)")
        }
        let encrypt = try await elsewhere.run(["encrypt"], input: [1])
        #expect(encrypt.status == 66 && encrypt.errors.contains("$PUBLIC_KEY"))
    }

    @Test(
        "a place that is named has to have a usable key",
        arguments: [
            ("missing.pem", 66), ("folder", 66), ("empty", 65), ("text", 65), ("public", 65), ("cut", 65),
        ])
    func unusable(_ file: String, _ status: Int32) async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x")
        let pem = try repo.scratch.readText("keys/master-private-key.pem")
        try repo.scratch.makeFolder("folder")
        try repo.scratch.write("empty", "")
        try repo.scratch.write("text", "hello")
        try repo.scratch.write("public", repo.scratch.read("keys/master-public-key.pem"))
        try repo.scratch.write("cut", String(pem.dropLast(40)))
        let result = try await opens(["--private-key", file], in: repo, envelope)
        #expect(result.status == status, "\(result.errors)")
        #expect(result.errors.contains(file))
        #expect(result.output.isEmpty)
        // Whatever is wrong with a key, none of it is shown.
        #expect(!result.errors.contains(pem.split(separator: "\n")[1].prefix(12)))
    }

    @Test(
        "a private key that others can read is refused, unless told otherwise",
        arguments: ["decrypt", "exec", "encrypt"])
    func insecure(_ command: String) async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x")
        try await Command.check(
            "chmod", ["644", "keys/master-private-key.pem", "keys/config-private-key.pem"], directory: repo.path)
        func attempt(_ arguments: [String]) async throws -> CommandResult {
            try await repo.run(
                [command] + arguments + (command == "exec" ? ["--", "printenv", "A"] : []), input: Array(envelope.utf8),
                environment: ["A": envelope])
        }
        let refused = try await attempt([])
        #expect(refused.status == 77 && refused.errors.contains("chmod 600"))
        #expect(refused.output.isEmpty)
        #expect(try await attempt(["--insecure-keys"]).status == 0)
    }

    @Test("a private key file without permission to read is an error that says so")
    func noPermission() async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x")
        try await Command.check("chmod", ["755", repo.path.string])
        let result = try await Command.run(
            "setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", Programs.secretaryctl, "decrypt"],
            input: Array(envelope.utf8), environment: Repo.basicEnvironment, directory: repo.path)
        #expect(result.status == 66 || result.status == 77)
        #expect(result.errors.contains("master-private-key.pem"))
    }

    // MARK: genkeys

    @Test("genkeys makes master and config, private 0600, public 0644, that fit each other")
    func genkeys() async throws {
        let repo = try await Repo(keys: false)
        let result = try await repo.run(["genkeys"])
        #expect(result.status == 0)
        #expect(
            try Scratch.list(repo.scratch["keys"]) == [
                "config-private-key.pem", "config-public-key.pem", "master-private-key.pem", "master-public-key.pem",
            ])
        let modes = try await Command.check("sh", ["-c", "stat -c '%a %n' keys/*"], directory: repo.path)
        #expect(
            String(decoding: modes, as: UTF8.self) == """
                600 keys/config-private-key.pem
                644 keys/config-public-key.pem
                600 keys/master-private-key.pem
                644 keys/master-public-key.pem

                """)
        #expect(result.text.split(separator: "\n").count == 2)
        #expect(try await repo.check(["decrypt"], input: Array(try await repo.envelope("x").utf8)) == [120])
    }

    @Test("genkeys names, path and JSON")
    func genkeysOptions() async throws {
        let repo = try await Repo(keys: false)
        let text = String(
            decoding: try await repo.check(["genkeys", "--path", "a/b", "--json", "deploy", "service"]), as: UTF8.self)
        #expect(try Scratch.list(repo.scratch["a/b"]).count == 4)
        #expect(text.hasPrefix(#"[{"name":"deploy","id":""#))
        #expect(text.contains(#""private_key":"a/b/deploy-private-key.pem","public_key":"a/b/deploy-public-key.pem"}"#))
        for wrong in [["a/b"], ["x", "x"], [""], [".."], ["../x"]] {
            let result = try await repo.run(["genkeys", "--path", "c"] + wrong)
            #expect(result.status == 64 || wrong == [".."], "\(wrong) \(result.errors)")
        }
    }

    @Test("genkeys never replaces a key, unless it is forced to")
    func neverReplaces() async throws {
        let repo = try await Repo()
        let before = try repo.scratch.read("keys/master-private-key.pem")
        let refused = try await repo.run(["genkeys"])
        #expect(refused.status == 73)
        #expect(refused.errors.contains("--force"))
        // One that is there keeps the others from being made.
        #expect(try await repo.run(["genkeys", "deploy", "master"]).status == 73)
        #expect(try Scratch.list(repo.scratch["keys"]).count == 4)
        #expect(try repo.scratch.read("keys/master-private-key.pem") == before)
        try await repo.check(["genkeys", "--force", "master"])
        #expect(try repo.scratch.read("keys/master-private-key.pem") != before)
        #expect(try await repo.envelope("x").hasPrefix("ENC["))
    }

    @Test("of several genkeys at once one wins, and nothing is mixed")
    func atOnce() async throws {
        let repo = try await Repo(keys: false)
        try repo.scratch.makeFolder("keys")
        let statuses = try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 0..<8 { group.addTask { try await repo.run(["genkeys"]).status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 0 } == 1)
        #expect(statuses.allSatisfy { $0 == 0 || $0 == 73 })
        #expect(try Scratch.list(repo.scratch["keys"]).count == 4)
        // The pairs fit: one of each was not taken from another run.
        #expect(
            try await repo.check(["decrypt"], input: Array(try await repo.envelope("x", ["--format", "hpke"]).utf8))
                == [120])
    }

    @Test("genkeys that is killed half-way leaves no key that is cut off")
    func killed() async throws {
        for moment in 0..<20 {
            let repo = try await Repo(keys: false)
            _ = try await Command.run(
                "sh",
                [
                    "-c",
                    "\(Programs.secretaryctl) genkeys --path keys >/dev/null & sleep 0.00\(moment % 10); kill -9 $!; wait",
                ],
                environment: Repo.basicEnvironment, directory: repo.path)
            let files = (try? Scratch.list(repo.scratch["keys"])) ?? []
            for file in files where !file.hasPrefix(".") {
                let text = try repo.scratch.readText("keys/\(file)")
                #expect(text.hasPrefix("-----BEGIN NACL ") && text.hasSuffix(" KEY-----\n") && text.count > 100)
            }
        }
    }

    @Test("genkeys where nothing can be written says so")
    func notWritable() async throws {
        let repo = try await Repo(keys: false)
        try repo.scratch.write("file", "")
        for place in ["file", "file/keys", "/proc/keys", "/dev/full"] {
            let result = try await repo.run(["genkeys", "--path", place])
            #expect(result.status == 73 || result.status == 66, "\(place): \(result.status) \(result.errors)")
            #expect(result.errors.hasPrefix("secretaryctl: "))
        }
    }
}
