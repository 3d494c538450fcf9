import SystemPackage
import TestSupport
import Testing

@Suite("exec") struct ExecTests {
    @Test("variables and arguments are decrypted, everything else is as it was")
    func decrypts() async throws {
        let repo = try await Repo()
        let secret = try await repo.envelope("s'e\ncret")
        let empty = try await repo.envelope("")
        for options in [[], ["--keep-keys"]] {
            let result = try await repo.run(
                ["exec"] + options + [
                    "--", "sh", "-c", "printf '[%s]' \"$A\" \"$B\" \"$E\" \"$PLAIN\" \"$0\" \"$@\"", "zero",
                    "<\(secret)>", "plain", empty,
                ],
                environment: ["A": secret, "B": "a\(secret)b\(secret)", "E": empty, "PLAIN": "ENC[NO,x]"])
            #expect(result.status == 0, "\(result.errors)")
            #expect(
                result.text == "[s'e\ncret][as'e\ncretbs'e\ncret][][ENC[NO,x]][zero][<s'e\ncret>][plain][]")
        }
    }

    @Test("names, values and arguments that are not UTF-8 arrive as they are, in their order")
    func rawBytes() async throws {
        let repo = try await Repo()
        let odd: [UInt8] = [0xFF, 0xC3, 0x28]
        let envelope = try await repo.envelope("x")
        let environment: [[UInt8]] = [
            Array("PATH=/usr/bin:/bin".utf8), odd + Array("=1".utf8), Array("B=".utf8) + odd,
            Array("C=".utf8) + odd + Array(envelope.utf8), Array("A=last".utf8),
        ]
        for options in [[], ["--insecure-keys"]] {
            let arguments = (["exec"] + options + ["--", "sh", "-c", "printf %s \"$1\"; cat /proc/self/environ", "sh"])
                .map { Array($0.utf8) }
            let result = try await Command.run(
                Programs.secretaryctl, rawArguments: arguments + [odd], rawEnvironment: environment,
                directory: repo.path)
            let expected = environment.map { $0.starts(with: "C=".utf8) ? Array("C=".utf8) + odd + [120] : $0 }
            let variables = result.output.dropFirst(odd.count).split(separator: 0).map(Array.init)
            #expect(Array(result.output.prefix(odd.count)) == odd)
            // The shell adds variables of its own, and may sort.
            for variable in expected where !variable.starts(with: odd) { #expect(variables.contains(variable)) }
        }
    }

    @Test("the environment that the command gets is the same list, byte for byte")
    func environmentOrder() async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("secret")
        let environment = ["Z=1", "PATH=/usr/bin:/bin", "S=\(envelope)", "A=2", "Z=again"].map { Array($0.utf8) }
        let result = try await Command.run(
            Programs.secretaryctl, rawArguments: ["exec", "--", "cat", "/proc/self/environ"].map { Array($0.utf8) },
            rawEnvironment: environment, directory: repo.path)
        #expect(result.text == "Z=1\0PATH=/usr/bin:/bin\0S=secret\0A=2\0Z=again\0")
    }

    @Test("the command itself may be an envelope: a path, or a name in $PATH")
    func secretCommand() async throws {
        let repo = try await Repo()
        for command in ["/bin/echo", "echo"] {
            let result = try await repo.run(["exec", "--", try await repo.envelope(command), "x"])
            #expect(result.text == "x\n")
        }
        let hidden = try await repo.run(["exec", "--", try await repo.envelope("not-a-command")])
        #expect(hidden.status == 127)
        #expect(!hidden.errors.contains("not-a-command"))
    }

    @Test("the status is the command's own", arguments: [0, 1, 42, 126, 127, 255])
    func ownStatus(_ status: Int32) async throws {
        let repo = try await Repo(keys: false)
        #expect(try await repo.run(["exec", "--", "sh", "-c", "exit \(status)"]).status == status)
    }

    @Test("the command has this process's place: its id, and how it ends")
    func place() async throws {
        let repo = try await Repo(keys: false)
        let input = try Pipe()
        let output = try Pipe()
        let (_, status) = try await Command.whileRunning(
            Programs.secretaryctl, ["exec", "--", "sh", "-c", "echo $$; read x; kill -TERM $$"],
            environment: Repo.basicEnvironment, directory: repo.path, input: input.reader, output: output.writer
        ) { pid in
            let line = Array("\(pid)\n".utf8)
            #expect(try output.read(line.count) == line)
            try input.writer.close()
        }
        #expect(status == 128 + 15)
    }

    @Test("signals and descriptors are the command's as they were ours")
    func inheritance() async throws {
        let repo = try await Repo()
        // What the shell sees before is what the command must see.
        let show = "grep -E '^Sig(Ign|Blk|Cgt)' /proc/self/status; ls -l /proc/self/fd | grep -o ' [0-9]* -> /dev.*'"
        try await repo.scratch.writeProgram("show", Array("#!/bin/sh\n\(show)\n".utf8))
        let script =
            "trap '' USR1; ./show 5</dev/null 7>/dev/zero; echo; exec \(Programs.secretaryctl) exec -- ./show 5</dev/null 7>/dev/zero"
        let result = try await Command.run(
            "sh", ["-c", script],
            environment: Repo.basicEnvironment.merging(["A": try await repo.envelope("x")]) { $1 },
            directory: repo.path)
        let parts = result.text.split(separator: "\n\n")
        #expect(result.text.contains(" 5 -> /dev/null") && result.text.contains("SigBlk:"))
        #expect(parts.count == 2 && parts[1] == parts[0] + "\n", "\(result.text)")
    }

    @Test("a command that is not there: 127; one that may not be run, or is no program: 126")
    func cannotRun() async throws {
        let repo = try await Repo(keys: false)
        try repo.scratch.write("data", "text")
        try await repo.scratch.writeProgram("noise", [0, 1, 2, 3])
        try repo.scratch.makeFolder("bin")
        try repo.scratch.write("bin/tool", "text")
        for (command, status, message) in [
            ("missing-command", 127, "not found"), ("/missing/file", 127, "not found"), ("./data/x", 127, "not found"),
            ("", 127, "not found"), ("./data", 126, "ermission denied"), ("/", 126, "ermission denied"),
            ("./noise", 126, "neither a program nor a script"),
        ] {
            let result = try await repo.run(["exec", "--", command])
            #expect(result.status == Int32(status), "\(command): \(result.errors)")
            #expect(result.errors.contains(message), "\(command): \(result.errors)")
        }
        // Found in $PATH, but not executable: later folders are tried, then it is 126.
        let path = "\(repo.scratch["bin"]):/usr/bin:/bin"
        #expect(try await repo.run(["exec", "--", "tool"], environment: ["PATH": path]).status == 126)
        try await repo.scratch.writeProgram("later/tool", Array("#!/bin/sh\nexit 9\n".utf8))
        let result = try await repo.run(
            ["exec", "--", "tool"], environment: ["PATH": "\(path):\(repo.scratch["later"])"])
        #expect(result.status == 9)
    }

    @Test("no command, and options that are not known, are mistakes of usage")
    func usage() async throws {
        let repo = try await Repo(keys: false)
        for arguments in [["exec"], ["exec", "--"], ["exec", "--keep-keys"], ["exec", "--nonsense", "--", "true"]] {
            let result = try await repo.run(arguments)
            #expect(result.status == 64, "\(arguments)")
            #expect(result.errors.hasPrefix("secretaryctl: "))
        }
        #expect(try await repo.run(["exec", "true"]).status == 0)
        let passedOn = try await repo.run(["exec", "sh", "-c", "printf %s $1", "sh", "--help"])
        #expect(passedOn.text == "--help")
        #expect(try await repo.run(["exec", "--help"]).text.contains("USAGE: secretaryctl exec"))
    }

    @Test("all or nothing: nothing runs, and every name that failed is listed")
    func allOrNothing() async throws {
        let repo = try await Repo()
        let stranger = try await Repo()
        let result = try await repo.run(
            ["exec", "--", "sh", "-c", "touch ran", "ENC[HPKE,AAAA]"],
            environment: [
                "GOOD": try await repo.envelope("fine"), "WRONG": try await stranger.envelope("x"),
                "NUL": try await repo.envelope([0]), "BROKEN": "ENC[NACL,AAAA]",
            ])
        #expect(result.status == 65 || result.status == 80)
        #expect(result.errors.contains("cannot decrypt 4 of 5 secrets"))
        for name in ["WRONG: ", "NUL: ", "BROKEN: ", "argument 3: "] {
            #expect(result.errors.contains("secretaryctl: \(name)"))
        }
        #expect(!result.errors.contains("GOOD"))
        #expect(try Scratch.list(repo.path) == ["keys"])
    }

    @Test("private keys are removed from the command's environment, unless they are to be kept")
    func removesKeys() async throws {
        let repo = try await Repo()
        let key = try repo.scratch.readText("keys/master-private-key.pem")
        let names = ["DEPLOY_PRIVATE_KEY", "SERVICE_PRIVATE_KEY", "MASTER_PRIVATE_KEY", "PRIVATE_KEY"]
        var environment = Dictionary(uniqueKeysWithValues: names.map { ($0, key) })
        environment["PRIVATE_KEY_2"] = "stays"
        environment["SECRET"] = try await repo.envelope("x")
        let removed = try await repo.run(["exec", "--", "env"], environment: environment)
        #expect(!removed.text.contains("BEGIN NACL PRIVATE KEY"))
        #expect(removed.text.contains("PRIVATE_KEY_2=stays\n") && removed.text.contains("SECRET=x\n"))
        let kept = try await repo.run(["exec", "--keep-keys", "--", "env"], environment: environment)
        for name in names { #expect(kept.text.contains("\(name)=-----BEGIN")) }
    }

    @Test("10,000 variables")
    func manyVariables() async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x")
        let environment = Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("V\($0)", envelope) })
        let result = try await repo.run(["exec", "--", "env"], environment: environment)
        #expect(result.status == 0)
        #expect(result.text.split(separator: "\n").count { $0.hasPrefix("V") && $0.hasSuffix("=x") } == 10_000)
    }

    @Test("an environment that is too large for the system is an error that says so")
    func tooLarge() async throws {
        let repo = try await Repo()
        // In base64 it is a third larger than the plaintext, so the variable cannot even be passed: it is read in.
        let envelope = try await repo.envelope([UInt8](repeating: 120, count: 90_000))
        let result = try await repo.run(
            ["exec", "--", "true"], environment: ["A": envelope])
        #expect(result.status == 0)
        let twice = String(repeating: "y", count: 100_000)
        let large = try await repo.run(
            ["exec", "--", "sh", "-c", "ulimit -s 256; exec \(Programs.secretaryctl) exec -- true"],
            environment: ["A": envelope, "B": twice])
        #expect(large.status == 126)
        #expect(large.errors.contains("too large for the system") || large.errors.contains("too long"))
    }

    @Test("a limit on core dumps is the command's as it was ours")
    func coreLimit() async throws {
        let repo = try await Repo(keys: false)
        let result = try await Command.run(
            "sh", ["-c", "ulimit -c 1234; exec \(Programs.secretaryctl) exec -- sh -c 'ulimit -c'"],
            environment: Repo.basicEnvironment, directory: repo.path)
        #expect(result.text == "1234\n")
    }

    @Test("scopes: the variable's name counts, and an argument has none")
    func scopes() async throws {
        let repo = try await Repo()
        let envelope = try await repo.envelope("x", ["--format", "hpke", "--scope", "/app#NAME"])
        let script = ["--", "sh", "-c", "printf %s \"$NAME$OTHER$1\"", "sh"]
        let right = try await repo.run(["exec", "--app", "/app/web"] + script, environment: ["NAME": envelope])
        #expect(right.text == "x")
        let other = try await repo.run(["exec", "--app", "/app"] + script, environment: ["OTHER": envelope])
        #expect(other.status == 77 && other.errors.contains("OTHER"))
        let argument = try await repo.run(["exec", "--app", "/app"] + script + [envelope])
        #expect(argument.status == 77)
        let noApp = try await repo.run(["exec"] + script, environment: ["OTHER": envelope])
        #expect(noApp.text == "x")
        let variable = try await repo.run(
            ["exec"] + script, environment: ["OTHER": envelope, "MARATHON_APP_ID": "/app"])
        #expect(variable.status == 77)
    }
}
