import SecretaryCore
import SecretaryRemote
import Testing

@Suite("Daemons that misbehave, and whoever is between") struct DaemonFaultTests {
    @Test(
        "answers that are not what they should be, by version 2",
        arguments: [
            ("another master key", .wrongKey), ("reply key of somebody else", .wrongKey), ("changed", .wrongKey),
            ("another nonce", .malformed), ("another number", .malformed), ("another label", .malformed),
            ("another size", .malformed), ("something more", .malformed), ("cut off inside", .malformed),
            ("unknown status", .unavailable), ("empty", .malformed), ("huge", .malformed), ("truncated", .unavailable),
            ("not http", .malformed), ("no whole head", .malformed), ("close", .unavailable),
        ] as [(String, SecretaryError.Code)], [false, true])
    func answersV2(_ answer: (fault: String, code: SecretaryError.Code), isForOneRequest: Bool) async throws {
        let (fault, code) = answer
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["fault": fault]) { daemon in
            let client = try task.client([daemon.url]) { $0.http.isForOneRequest = isForOneRequest }
            let error = try client.error(task.envelopes[0])
            #expect(error?.code == code, "\(String(describing: error))")
            // The control characters and the length of what the daemon says are gone.
            #expect(error?.message.unicodeScalars.allSatisfy { $0.value >= 0x20 } == true)
            #expect((error?.message.utf8.count ?? 0) < 400)
            try daemon.set(["fault": ""])
            #expect(try client.code(task.envelopes[0]) == nil)
        }
    }

    @Test(
        "answers that are not what they should be, by version 1",
        arguments: [
            ("reflect", .malformed), ("no secret", .malformed), ("another size", .malformed),
            ("not base64", .malformed), ("another master key", .wrongKey), ("empty", .malformed),
            ("huge", .malformed), ("truncated", .unavailable), ("not http", .malformed),
        ] as [(String, SecretaryError.Code)])
    func answersV1(_ fault: String, _ code: SecretaryError.Code) async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["fault": fault, "knows": [1]]) { daemon in
            let client = try task.client([daemon.url])
            let error = try client.error(task.envelopes[0])
            #expect(error?.code == code, "\(String(describing: error))")
            try daemon.set(["fault": ""])
            #expect(try client.code(task.envelopes[0]) == nil)
        }
    }

    @Test("what version 1 has opened is zeroed when the rest cannot be had")
    func halfWay() async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["fault": "close", "good": 2, "knows": [1]]) { daemon in
            let client = try task.client([daemon.url])
            var memory = try SecretBytes(count: task.envelopes.plaintextCount)
            let errors = unsafe memory.withUnsafeMutableBytes { bytes in
                unsafe client.open(Opening.each(task.envelopes, into: bytes))
            }
            #expect(try daemon.seen().v1 > 2)
            #expect(errors.allSatisfy { $0?.code == .unavailable })
            #expect(memory.array.allSatisfy { $0 == 0 })
        }
    }

    @Test("JSON of version 1 may be written in any way")
    func escapes() async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["fault": "escapes", "knows": [1]]) { daemon in
            let client = try task.client([daemon.url])
            #expect(try client.open(task.envelopes) == task.opened)
        }
    }

    @Test(
        "HTTP may say in any way where an answer ends, and a server may want another version",
        arguments: [("chunked", false), ("no length", false), ("no length", true), ("old version", true)])
    func forms(_ form: String, isForOneRequest: Bool) async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["fault": form]) { daemon in
            let client = try task.client([daemon.url]) { $0.http.isForOneRequest = isForOneRequest }
            #expect(try client.open(task.envelopes) == task.opened)
        }
    }

    @Test("an answer that was given before is none")
    func repeated() async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["fault": "repeated answer"]) { daemon in
            let client = try task.client([daemon.url])
            #expect(try client.code(task.envelopes[0]) == nil)
            #expect(try client.code(task.envelopes[0]) == .wrongKey)
        }
    }

    @Test(
        "refusals of version 2",
        arguments: [
            (400, "malformed", .malformed), (401, "wrong-key", .wrongKey), (403, "not-running", .denied),
            (403, "denied", .denied), (403, "clock", .unavailable), (409, "replayed", .unavailable),
            (413, "too-large", .malformed), (429, "busy", .unavailable), (503, "unavailable", .unavailable),
            (504, "timed-out", .timedOut),
        ] as [(Int, String, SecretaryError.Code)])
    func refusalsV2(_ status: Int, _ word: String, _ code: SecretaryError.Code) async throws {
        let task = try TestTask()
        let text: [any Sendable] = [status, "\(word): because of \u{1B}[1m this\nsecond line"]
        try await PythonDaemon.with(task, settings: ["error": text]) { daemon in
            let error = try task.client([daemon.url]).error(task.envelopes[0])
            #expect(error?.code == code)
            #expect(error?.message.hasSuffix("because of [1m this") == true)
        }
    }

    @Test(
        "errors of version 1, whose text is never shown",
        arguments: [
            (405, "Expected POST method", .unavailable),
            (400, "Expected parameters {appid, appversion, taskid, envelope}", .malformed),
            (500, "Given taskId is not running (bug or hacking attempt?)", .denied),
            (500, "Failed to parse Marathon JSON response (): needle", .unavailable),
            (400, "Failed to authenticate/decrypt request using deploy and master key (needle)", .wrongKey),
            (400, "Failed to decrypt plaintext secret, incorrect config or master key? (needle)", .wrongKey),
            (401, "Given secret isn't part of app config needle", .denied), (503, "needle", .unavailable),
            (504, "needle", .timedOut), (404, "needle", .unavailable), (302, "needle", .unavailable),
            (200, "needle", .malformed), (413, "needle", .malformed),
        ] as [(Int, String, SecretaryError.Code)])
    func errorsV1(_ status: Int, _ text: String, _ code: SecretaryError.Code) async throws {
        let task = try TestTask()
        let error: [any Sendable] = [status, text + "\n"]
        try await PythonDaemon.with(task, settings: ["error": error, "knows": [1]]) { daemon in
            let error = try task.client([daemon.url]).error(task.envelopes[0])
            #expect(error?.code == code)
            #expect(error?.description.contains("needle") == false)
        }
    }

    @Test("a clock that is wrong is told as that, and a request is never sealed twice")
    func clock() async throws {
        let task = try TestTask()
        try await PythonDaemon.with(task, settings: ["clock": 3600]) { daemon in
            let client = try task.client([daemon.url])
            let error = try client.error(task.envelopes[0])
            #expect(error?.code == .unavailable && error?.message.contains("another time") == true)
            try daemon.set(["clock": 0])
            for _ in 0..<3 { #expect(try client.code(task.envelopes[0]) == nil) }
        }
    }

    @Test(
        "what passes is asked for again, sealed anew",
        arguments: [(409, "replayed"), (503, "unavailable"), (429, "busy")])
    func retries(_ status: Int, _ word: String) async throws {
        let task = try TestTask()
        let error: [any Sendable] = [status, "\(word): try again"]
        try await PythonDaemon.with(task, settings: ["error": error, "fault once": true]) { daemon in
            let client = try task.client([daemon.url]) { $0.rounds = 2 }
            #expect(try client.code(task.envelopes[0]) == nil)
            #expect(try daemon.seen().v2 == 2)
        }
    }

    @Test("what is refused for good is not asked for again", arguments: [(403, "not-running"), (401, "wrong-key")])
    func final(_ status: Int, _ word: String) async throws {
        let task = try TestTask()
        let error: [any Sendable] = [status, "\(word): no"]
        try await PythonDaemon.with(task, settings: ["error": error]) { daemon in
            let client = try task.client([daemon.url, daemon.url]) { $0.rounds = 3 }
            #expect(try client.code(task.envelopes[0]) != nil)
            #expect(try daemon.seen().v2 == 1)
        }
    }
}
