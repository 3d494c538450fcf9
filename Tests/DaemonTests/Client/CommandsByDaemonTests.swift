import SecretaryCore
import SystemPackage
import Testing
import TestSupport

@Suite("decrypt and exec by a daemon") struct CommandsByDaemonTests {
    /// A folder, a task, and the environment of its container.
    private struct Container {
        let task: TestTask
        let scratch: Scratch
        var environment: [String: String]

        init(_ task: TestTask, _ daemon: PythonDaemon) throws {
            self.task = task
            scratch = try Scratch("daemon")
            environment = [
                "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "SECRETARY_URL": daemon.url,
                "AWS_EC2_METADATA_DISABLED": "true",
                "MARATHON_APP_ID": task.claim.app, "MARATHON_APP_VERSION": task.claim.version,
                "MESOS_TASK_ID": task.claim.id,
                "MASTER_PUBLIC_KEY": String(decoding: task.master.publicKey.pem, as: UTF8.self),
                "DEPLOY_PRIVATE_KEY": String(decoding: try task.deploy.text, as: UTF8.self),
            ]
            if let service = task.service {
                environment["SERVICE_PRIVATE_KEY"] = String(decoding: try service.text, as: UTF8.self)
            }
        }

        func run(
            _ arguments: [String], input: [UInt8] = [], adding variables: [String: String] = [:],
            without removed: [String] = []
        ) async throws -> CommandResult {
            var environment = environment.merging(variables) { $1 }
            for name in removed { environment[name] = nil }
            return try await Command.run(
                Programs.secretaryctl, arguments, input: input, environment: environment, directory: scratch.path)
        }
    }

    private static func text(_ envelope: Envelope) -> String { String(decoding: envelope.text, as: UTF8.self) }

    private func with(
        _ task: TestTask, settings: [String: any Sendable] = [:],
        _ body: (Container, PythonDaemon) async throws -> Void
    ) async throws {
        try await PythonDaemon.with(task, settings: settings) { daemon in
            try await body(Container(task, daemon), daemon)
        }
    }

    @Test("exec asks once for all secrets of environment and arguments", arguments: [[1, 2], [1]])
    func exec(_ knows: [Int]) async throws {
        let task = try TestTask(secrets: 10)
        try await with(task, settings: ["knows": knows]) { container, daemon in
            var variables: [String: String] = [:]
            for index in 0..<9 { variables["SECRET_\(index)"] = "<\(Self.text(task.envelopes[index]))>" }
            let script = (0..<9).map { "printf %s \"$SECRET_\($0)\"" }.joined(separator: ";")
            let result = try await container.run(
                [
                    "exec", "--", "sh", "-c", script + ";printf %s \"$1\"; env | grep -c PRIVATE_KEY", "sh",
                    Self.text(task.envelopes[9]),
                ],
                adding: variables)
            let plaintexts = task.secrets.map { String(decoding: $0.plaintext, as: UTF8.self) }
            #expect(result.text == plaintexts.prefix(9).map { "<\($0)>" }.joined() + plaintexts[9] + "0\n")
            #expect(result.errors.isEmpty)
            let seen = try daemon.seen()
            #expect(knows == [1] ? seen.v1 == 10 : seen.v2 == 1 && seen.secrets == 10)
            if knows == [1, 2] {
                #expect(seen.names.sorted() == [""] + (0..<9).map { "SECRET_\($0)" })
            }
        }
    }

    @Test("when one cannot be had nothing runs, and every name that failed is listed")
    func allOrNothing() async throws {
        let task = try TestTask(secrets: 3)
        try await with(task, settings: ["denied names": ["BAD"], "unavailable names": ["WORSE"]]) { container, daemon in
            let variables = [
                "BAD": Self.text(task.envelopes[0]), "GOOD": Self.text(task.envelopes[1]),
                "WORSE": Self.text(task.envelopes[2]), "BROKEN": "ENC[NACL,abcde]",
            ]
            for command in [["exec", "--", "touch", "ran"], ["decrypt", "-e"]] {
                let result = try await container.run(command, adding: variables)
                #expect(result.output.isEmpty && [65, 69, 77].contains(result.status))
                #expect(result.errorLines.first == "secretaryctl: cannot decrypt 3 of 4 secrets")
                for name in ["BAD", "WORSE", "BROKEN"] { #expect(result.errors.contains("secretaryctl: \(name): ")) }
                #expect(!result.errors.contains("GOOD"))
            }
            #expect(try Scratch.list(container.scratch.path).isEmpty)
            #expect(try daemon.seen().v2 == 2)
        }
    }

    @Test("decrypt -e asks once, and what it prints sets the variables", arguments: [[1, 2], [1]])
    func decryptEnvironment(_ knows: [Int]) async throws {
        let task = try TestTask(secrets: 2)
        try await with(task, settings: ["knows": knows]) { container, daemon in
            let result = try await container.run(
                ["decrypt", "-e"], adding: ["A": Self.text(task.envelopes[0]), "B": "x\(Self.text(task.envelopes[1]))"])
            #expect(result.status == 0)
            let shown = try await Command.check(
                "sh", ["-c", result.text + "printf '%s,%s' \"$A\" \"$B\""], environment: ["PATH": "/usr/bin:/bin"])
            #expect(shown == task.secrets[0].plaintext + Array(",x".utf8) + task.secrets[1].plaintext)
            if knows == [1, 2] { #expect(try daemon.seen().v2 == 1) }
        }
    }

    @Test("decrypt opens what comes through standard input", arguments: [[1, 2], [1]])
    func decrypt(_ knows: [Int]) async throws {
        let task = try TestTask(secrets: 3)
        try await with(task, settings: ["knows": knows]) { container, _ in
            let input = task.envelopes.map { "a: \(Self.text($0))\n" }.joined()
            let result = try await container.run(["decrypt"], input: Array(input.utf8))
            let lines = task.secrets.map { "a: \(String(decoding: $0.plaintext, as: UTF8.self))\n" }
            #expect(result.text == lines.joined())
            #expect(result.errors.isEmpty)
        }
    }

    @Test("options say the same as variables, and go before them")
    func options() async throws {
        let task = try TestTask(secrets: 1)
        try await with(task) { container, daemon in
            let scratch = container.scratch
            try scratch.write("deploy.pem", try task.deploy.text, mode: [.ownerReadWrite])
            try scratch.write("service.pem", try #require(task.service).text, mode: [.ownerReadWrite])
            try scratch.write("master.pem", task.master.publicKey.pem)
            let result = try await container.run(
                [
                    "decrypt", "--deploy-key", "deploy.pem", "--service-key", "service.pem", "--master-key",
                    "master.pem",
                    "-s", "http://127.0.0.1:1", "-s", daemon.url, "--app-id", task.claim.app, "--app-version",
                    task.claim.version, "--task-id", task.claim.id,
                ], input: task.envelopes[0].text,
                adding: [
                    "SECRETARY_URL": "http://127.0.0.1:2", "MARATHON_APP_ID": "/other", "MARATHON_APP_VERSION": "1",
                    "MESOS_TASK_ID": "2", "MASTER_PUBLIC_KEY": "x", "DEPLOY_PRIVATE_KEY": "x",
                    "SERVICE_PRIVATE_KEY": "x",
                ])
            #expect(result.output == task.secrets[0].plaintext)
            #expect(result.errors.isEmpty)
        }
    }

    @Test("several daemons in one variable")
    func severalDaemons() async throws {
        let task = try TestTask(secrets: 1)
        try await with(task) { container, daemon in
            let result = try await container.run(
                ["exec", "--", "sh", "-c", "printf %s \"$A\""],
                adding: ["SECRETARY_URL": "http://127.0.0.1:1,\(daemon.url)", "A": Self.text(task.envelopes[0])])
            #expect(result.output == task.secrets[0].plaintext)
        }
    }

    @Test("what is missing is named, and the status says what kind of failure it is")
    func mistakes() async throws {
        let task = try TestTask(secrets: 1)
        try await with(task) { container, daemon in
            func fails(
                _ status: Int32, _ text: String, adding variables: [String: String] = [:], without: [String] = []
            ) async throws {
                let result = try await container.run(
                    ["exec", "--", "true"],
                    adding: variables.merging(["A": Self.text(task.envelopes[0])]) { $1 }, without: without)
                #expect(result.status == status && result.errors.contains(text), "\(result.errors)")
            }
            try await fails(64, "MARATHON_APP_ID", without: ["MARATHON_APP_ID"])
            try await fails(64, "--app-version", without: ["MARATHON_APP_VERSION"])
            try await fails(64, "--task-id", without: ["MESOS_TASK_ID"])
            try await fails(64, "URL", adding: ["SECRETARY_URL": "localhost"])
            try await fails(69, "cannot connect to 127.0.0.1:1", adding: ["SECRETARY_URL": "http://127.0.0.1:1"])
            try await fails(66, "master public key", without: ["MASTER_PUBLIC_KEY"])
            try await fails(66, "deploy private key", without: ["DEPLOY_PRIVATE_KEY"])
            try await fails(77, "no such task", adding: ["MESOS_TASK_ID": "ended"])
            let stranger = String(decoding: try PrivateKey.generate().text, as: UTF8.self)
            try await fails(80, "keys", adding: ["DEPLOY_PRIVATE_KEY": stranger])
            try await fails(80, "keys", without: ["SERVICE_PRIVATE_KEY"])
            #expect(try daemon.seen().secrets == 0)
        }
    }

    @Test("text without envelopes needs no daemon, no key and no claim")
    func nothingToDo() async throws {
        let result = try await Command.run(
            Programs.secretaryctl, ["exec", "--", "echo", "ran"],
            environment: ["PATH": "/usr/bin:/bin", "SECRETARY_URL": "http://127.0.0.1:1"])
        #expect(result.text == "ran\n" && result.errors.isEmpty)
    }

    @Test("KMS secrets never go to the daemon")
    func keyService() async throws {
        let task = try TestTask(secrets: 1)
        try await with(task) { container, daemon in
            let kms =
                "ENC[KMS,RP+BAwEBCmttc1BheWxvYWQB/4IAAQMBEEVuY3J5cHRlZERhdGFLZXkBCgABBU5vbmNlAf+EAAEHTWVzc2FnZQEK"
                + "AAAAGf+DAQEBCVsyNF11aW50OAH/hAABBgEwAAB+/4IBKP6Vxqnbzwh8GCrxNiHrpl0nCRhSEIaif+3vhe4Mkt8uNxdkWSXf"
                + "mmIBGP+R/+xD//r//v+ASP+I/6P/lv/7/5//mv+uXmk0Df/0/5P//v/cMv+2ASSyNZDY2sVwlykzuSL1xPk4C6TZvGWvF3uG"
                + "sATwGlvEqAcvXmkA]"
            let result = try await container.run(
                ["exec", "--", "true"], adding: ["A": Self.text(task.envelopes[0]), "K": kms])
            #expect(result.status != 0)
            #expect(result.errors.contains("K: ") && !result.errors.contains("A: "))
            #expect(try daemon.seen().names.allSatisfy { $0 == "A" })
        }
    }

    @Test("decrypt forgets what the daemon gave, in every form", arguments: [[1, 2], [1]])
    func memory(_ knows: [Int]) async throws {
        let task = try TestTask(secrets: 3)
        try await with(task, settings: ["knows": knows]) { container, _ in
            let (input, output) = (try Pipe(), try Pipe())
            try await Command.whileRunning(
                Programs.secretaryctl, ["decrypt"], environment: container.environment,
                directory: container.scratch.path, input: input.reader, output: output.writer
            ) { pid in
                for (plaintext, envelope) in task.secrets {
                    try input.writer.writeAll(envelope.text + [10])
                    #expect(try output.read(plaintext.count + 1) == plaintext + [10])
                }
                // It waits for more input now. Parts, as a buffer may be overwritten at its beginning; and base64 of version 1.
                let needles = task.secrets.flatMap { plaintext, _ in
                    [plaintext, Array(plaintext.suffix(16)), Array(Self.base64(plaintext).dropLast(4).suffix(20))]
                }
                let traces = try await MemorySearch.traces(of: needles, in: pid, core: container.scratch["core"])
                #expect(traces.isEmpty)
                #expect(
                    try !MemorySearch.search(pid: pid, for: Array(Self.text(task.envelopes[2]).utf8.suffix(40))).isEmpty
                )
                try input.writer.close()
            }
        }
    }

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return stride(from: 0, to: bytes.count - bytes.count % 3, by: 3).flatMap { index in
            let group = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
            return [18, 12, 6, 0].map { alphabet[group >> $0 & 63] }
        }
    }
}
