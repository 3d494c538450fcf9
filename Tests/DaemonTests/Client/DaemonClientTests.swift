import SecretaryCore
import SecretaryRemote
import Testing

@Suite("The client and an independent daemon") struct DaemonClientTests {
    @Test("many secrets come in one request, with their names", arguments: [true, false])
    func batch(_ service: Bool) async throws {
        let task = try TestTask(service: service, secrets: 20)
        try await PythonDaemon.with(task) { daemon in
            let client = try task.client([daemon.url])
            let names = task.secrets.indices.map { $0 == 3 ? nil : "NAME_\($0)" }
            let results = try client.open(task.envelopes, names: names)
            #expect(results == task.opened)
            let seen = try daemon.seen()
            #expect(seen.v2 == 1 && seen.v1 == 0 && seen.secrets == 20)
            #expect(seen.names == names.map { $0 ?? "" })
        }
    }

    @Test("an original daemon is asked for each, on one connection, and is remembered", arguments: [true, false])
    func original(_ service: Bool) async throws {
        let task = try TestTask(service: service, secrets: 5)
        try await PythonDaemon.with(task, settings: ["knows": [1]]) { daemon in
            let client = try task.client([daemon.url])
            for round in 1...2 {
                #expect(try client.open(task.envelopes) == task.opened)
                #expect(try daemon.seen().v1 == 5 * round)
            }
            // The client's, and that of `seen`.
            #expect(try daemon.seen().connections == 2)
        }
    }

    @Test("a daemon that has spoken version 2 is not asked by version 1, whatever comes between")
    func noDowngrade() async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task) { daemon in
            let client = try task.client([daemon.url])
            #expect(try client.code(task.envelopes[0]) == nil)
            try daemon.set(["knows": [1]])
            #expect(try client.code(task.envelopes[0]) == .unavailable)
            #expect(try daemon.seen().v1 == 0)
        }
    }

    @Test("each secret has its own answer", arguments: [[1, 2], [1]])
    func mixedAnswers(_ knows: [Int]) async throws {
        let task = try TestTask(secrets: 2)
        let denied = try task.seal("not for this task")
        try await PythonDaemon.with(task, settings: ["knows": knows]) { daemon in
            let results = try task.client([daemon.url]).open([task.envelopes[0], denied, task.envelopes[1]])
            #expect(results[0] == .success(task.secrets[0].plaintext))
            #expect(results[2] == .success(task.secrets[1].plaintext))
            let error = #expect(throws: SecretaryError.self) { try results[1].get() }
            #expect(error?.code == .denied)
        }
    }

    @Test("an envelope that no key of the daemon opens is a wrong key", arguments: [[1, 2], [1]])
    func unknownEnvelope(_ knows: [Int]) async throws {
        let other = try TestTask()
        let task = try TestTask(secrets: 1)
        try await PythonDaemon.with(task, settings: ["knows": knows]) { daemon in
            try daemon.allow(other.envelopes[0], for: task)
            let results = try task.client([daemon.url]).open([other.envelopes[0], task.envelopes[0]])
            let error = #expect(throws: SecretaryError.self) { try results[0].get() }
            #expect(error?.code == .wrongKey)
        }
    }

    @Test("a name that may not have it, and a key service that does not answer")
    func namedFailures() async throws {
        let task = try TestTask(secrets: 2)
        try await PythonDaemon.with(
            task, settings: ["denied names": ["A"], "unavailable names": ["B"]]
        ) { daemon in
            let results = try task.client([daemon.url]).open(task.envelopes, names: ["A", "B"])
            let errors = results.map { result in #expect(throws: SecretaryError.self) { try result.get() } }
            #expect(errors.map { $0?.code } == [.denied, .unavailable])
            #expect(errors[0]?.message == "the daemon says: not under this name")
        }
    }

    @Test("a task that does not run is denied", arguments: [[1, 2], [1]])
    func notRunning(_ knows: [Int]) async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["knows": knows]) { daemon in
            let ended = TaskClaim(app: task.claim.app, version: task.claim.version, id: "demo_app.ended")
            let results = try task.client([daemon.url], claim: ended).open(task.envelopes)
            for result in results {
                let error = #expect(throws: SecretaryError.self) { try result.get() }
                #expect(error?.code == .denied)
                #expect(error?.message.contains("no such task that is running") == true)
            }
            #expect(try daemon.seen().v1 <= 1)
        }
    }

    @Test("wrong keys at each layer are told as such", arguments: [[1, 2], [1]])
    func wrongKeys(_ knows: [Int]) async throws {
        let task = try TestTask()
        let stranger = try PrivateKey.generate()
        try await PythonDaemon.with(task, settings: ["knows": knows]) { daemon in
            for agreement in [
                try task.agreement(master: stranger.publicKey), try task.agreement(deploy: stranger),
                try task.agreement(service: stranger),
                try TaskAgreement(deploy: task.deploy, service: nil, master: task.master.publicKey),
            ] {
                let error = try task.client([daemon.url], agreement: agreement).error(task.envelopes[0])
                #expect(error?.code == .wrongKey)
                #expect(error?.hint?.contains("deploy and service key") == true)
            }
        }
    }

    @Test("a daemon that takes fewer at a time gets fewer, and one that takes none is given up")
    func tooMany() async throws {
        let task = try TestTask(secrets: 20)
        try await PythonDaemon.with(task, settings: ["limit": 6]) { daemon in
            let client = try task.client([daemon.url])
            #expect(try client.open(task.envelopes) == task.opened)
            #expect(try daemon.seen().v2 == 7)
            try daemon.set(["limit": 0])
            #expect(try client.code(task.envelopes[0]) == .malformed)
        }
    }

    @Test("more than one request can hold go in several")
    func split() async throws {
        let task = try TestTask(secrets: 1)
        try await PythonDaemon.with(task) { daemon in
            let client = try task.client([daemon.url])
            let results = try client.open(Array(repeating: task.envelopes[0], count: 2500))
            #expect(results.allSatisfy { $0 == .success(task.secrets[0].plaintext) })
            #expect(results.count == 2500)
            #expect(try daemon.seen().v2 == 3)
        }
    }

    @Test("a large secret arrives whole", arguments: [[1, 2], [1]])
    func large(_ knows: [Int]) async throws {
        let task = try TestTask(secrets: 1)
        let plaintext = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
        let envelope = try NaClSealer(masterKey: task.master.publicKey, configKey: task.config).seal(plaintext)
        try await PythonDaemon.with(task, settings: ["knows": knows]) { daemon in
            try daemon.allow(envelope, for: task)
            #expect(try task.client([daemon.url]).open([envelope]) == [.success(plaintext)])
        }
    }

    @Test("many threads share one client")
    func threads() async throws {
        let task = try TestTask(secrets: 4)
        try await PythonDaemon.with(task) { daemon in
            let client = try task.client([daemon.url])
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        try (0..<10).allSatisfy { _ in
                            try client.open(task.envelopes) == task.opened
                        }
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }
}
