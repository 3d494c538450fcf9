import SecretaryCore
import SecretaryRemote
import Testing

@Suite("Several daemons") struct FailOverTests {
    private static let notNow: [any Sendable] = [503, "unavailable: not now"]
    private static let nobody = "http://127.0.0.1:1"

    /// How long the first secret takes.
    private func time(_ client: DaemonClient, _ task: TestTask, code: SecretaryError.Code?) throws -> Duration {
        let start = ContinuousClock.now
        #expect(try client.code(task.envelopes[0]) == code)
        return ContinuousClock.now - start
    }

    @Test(
        "the next is asked when one is not there, breaks off, or answers what is no answer",
        arguments: ["truncated", "empty", "no whole head", "not http", "cut off inside"], [false, true])
    func next(_ fault: String, isForOneRequest: Bool) async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["fault": fault]) { broken in
            try await PythonDaemon.with(task) { daemon in
                let client = try task.client([Self.nobody, broken.url, daemon.url]) {
                    $0.http.isForOneRequest = isForOneRequest
                }
                #expect(try client.open(task.envelopes) == task.opened)
            }
        }
    }

    @Test("a daemon that hangs costs one deadline, once", arguments: [[1, 2], [1]], [false, true])
    func hanging(_ knows: [Int], isForOneRequest: Bool) async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["fault": "hang", "knows": knows]) { hanging in
            try await PythonDaemon.with(task) { daemon in
                let client = try task.client([hanging.url, daemon.url]) {
                    $0.patience = .seconds(3)
                    $0.http.isForOneRequest = isForOneRequest
                }
                let first = try time(client, task, code: nil)
                #expect(first >= .seconds(3) && first < .seconds(30))
                // It is asked last now, so that nothing of it is felt.
                #expect(try client.code(task.envelopes[0]) == nil)
                let seen = try hanging.seen()
                #expect(seen.v1 + seen.v2 == 1)
                try hanging.set(["fault": ""])
            }
        }
    }

    @Test("a daemon that rests is asked again after a while, and at once when the others fail")
    func rest() async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["error": Self.notNow]) { first in
            try await PythonDaemon.with(task) { second in
                let client = try task.client([first.url, second.url])
                #expect(try client.code(task.envelopes[0]) == nil)
                try first.set(["error": ""])
                #expect(try client.code(task.envelopes[0]) == nil)
                #expect(try first.seen().v2 == 1)
                #expect(try second.seen().v2 == 2)
                try second.set(["error": Self.notNow])
                #expect(try client.code(task.envelopes[0]) == nil)
                #expect(try first.seen().v2 == 2)

                let restless = try task.client([second.url, first.url]) { $0.rest = .zero }
                for round in 1...2 {
                    #expect(try restless.code(task.envelopes[0]) == nil)
                    #expect(try second.seen().v2 == 3 + round)
                }
            }
        }
    }

    @Test("when nobody answers, every daemon is named")
    func nobodyAnswers() async throws {
        let task = try TestTask()
        let error = try task.client([Self.nobody, "http://127.0.0.1:2"]).error(task.envelopes[0])
        #expect(error?.code == .unavailable)
        #expect(error?.message.hasPrefix("none of 2 daemons answers: ") == true)
        for place in ["127.0.0.1:1", "127.0.0.1:2"] { #expect(error?.message.contains(place) == true) }
        #expect(try task.client([Self.nobody]).error(task.envelopes[0])?.message.contains("127.0.0.1:1") == true)
    }

    @Test("all that hang take the time that there is, and no more")
    func timeout() async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["fault": "hang"]) { daemon in
            let client = try task.client([daemon.url]) {
                $0.patience = .seconds(1)
                $0.timeout = .milliseconds(1500)
                $0.rounds = 100
            }
            let taken = try time(client, task, code: .timedOut)
            #expect(taken >= .seconds(1) && taken < .seconds(60))
            try daemon.set(["fault": ""])
        }
    }

    @Test("different daemons may know different versions")
    func versions() async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["knows": [1]]) { original in
            try await PythonDaemon.with(task) { daemon in
                for order in [[original.url, daemon.url], [daemon.url, original.url]] {
                    let results = try task.client(order).open(task.envelopes)
                    #expect(results == task.opened)
                }
                #expect(try original.seen().v1 == 3)
                #expect(try daemon.seen().v2 == 1)
            }
        }
    }

    @Test(
        "what is no URL, and no URL at all, is a mistake in its use", arguments: [[], ["localhost:5070"], ["ftp://x"]])
    func badURLs(_ urls: [String]) throws {
        let task = try TestTask()
        let error = #expect(throws: SecretaryError.self) { try task.client(urls) }
        #expect(error?.code == .usage)
    }

    @Test("several URLs in one text")
    func list() {
        #expect(DaemonSettings.urls(in: "http://a") == ["http://a"])
        #expect(DaemonSettings.urls(in: "http://a, http://b ,,http://c,") == ["http://a", "http://b", "http://c"])
        #expect(DaemonSettings.urls(in: " ").isEmpty)
    }
}
