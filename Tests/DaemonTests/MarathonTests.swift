import SecretaryCore
import SecretaryRemote
import TestSupport
import Testing

@testable import secretaryd

@Suite("Marathon: who is asked which tasks run", .serialized, .timeLimit(.minutes(15))) struct MarathonTests {
    private static let version = FakeOrchestrator.version
    private let keys: GrantKeys

    init() throws {
        keys = try GrantKeys()
    }

    /// An environment with the deploy key and more.
    private func environment(_ more: [(String, String)] = []) -> String {
        let members = [("DEPLOY_PUBLIC_KEY", "\"\(keys.deploy.publicKey.base64)\"")] + more
        return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    private func text(_ envelope: Envelope) -> String { "\"" + String(decoding: envelope.text, as: UTF8.self) + "\"" }

    private func authorizer(_ marathons: [FakeOrchestrator], _ change: (inout OrchestratorSettings) -> Void = { _ in })
        -> MarathonAuthorizer
    {
        var settings = OrchestratorSettings(urls: marathons.map(\.url))
        settings.deadline = .seconds(60)
        change(&settings)
        return MarathonAuthorizer(settings)
    }

    private func claim(_ app: String = "/prod/web", version: String = version, id: String = "web.1") -> TaskClaim {
        TaskClaim(app: app, version: version, id: id)
    }

    private func refusal(_ authorizer: MarathonAuthorizer, _ claim: TaskClaim) async -> SecretaryError? {
        await #expect(throws: SecretaryError.self) { try await authorizer.grant(for: claim) }
    }

    @Test("a running task has the keys and values of its version; values of Marathon's own secrets are not read")
    func grants() async throws {
        let (own, scoped) = (try keys.sealed("own"), try keys.sealed("x", scope: "/prod#SCOPED"))
        let service = try PrivateKey.generate().publicKey
        try await FakeOrchestrator.run { [self] marathons in
            try await marathons[0].run(
                "/prod/web",
                environment: environment([
                    ("SERVICE_PUBLIC_KEY", "\"\(service.base64)\""), ("OWN", text(own)), ("PORT", "8080"),
                    ("DATABASE", #"{"secret":"database"}"#), ("SCOPED", text(scoped)),
                ]))
            let grant = try await authorizer(marathons).grant(for: claim())
            #expect(grant.app.description == "/prod/web" && grant.rule == "marathon")
            #expect(grant.deployKey == keys.deploy.publicKey && grant.serviceKey == service)
            #expect(try grant.check(own, name: nil).warning?.message.contains("OWN has no scope") == true)
            #expect(try grant.check(scoped, name: nil).rule == "marathon: scope /prod")
            let other = try keys.sealed("other")
            #expect(throws: SecretaryError.self) { try grant.check(other, name: "OWN") }
            #expect(
                try await marathons[0].requests == [
                    "/v2/apps/prod/web?embed=apps.tasks",
                    "/v2/apps/prod/web/versions/2026-11-22T01%3A02%3A03.004Z",
                ])
        }
    }

    @Test("exactly one task of that id and version, staging, starting or running")
    func tasks() async throws {
        try await FakeOrchestrator.run { [self] marathons in
            let authorizer = authorizer(marathons) { $0.cache = .zero }
            for (state, isRunning) in [
                ("TASK_STAGING", true), ("TASK_STARTING", true), ("TASK_RUNNING", true), ("TASK_KILLING", false),
                ("TASK_FINISHED", false), ("TASK_UNREACHABLE", false), ("", false),
            ] {
                try await marathons[0].run(
                    "/prod/web", tasks: [("other", Self.version, "TASK_RUNNING"), ("web.1", Self.version, state)],
                    environment: environment())
                if isRunning {
                    #expect(try await authorizer.grant(for: claim()).serviceKey == nil)
                } else {
                    #expect(await refusal(authorizer, claim())?.code == .denied)
                }
            }
            #expect(await refusal(authorizer, claim(id: "web.2"))?.message == "the task is not running")
            #expect(await refusal(authorizer, claim(version: "2020-01-01T00:00:00.000Z"))?.code == .denied)
            let twice = ("web.1", Self.version, "TASK_RUNNING")
            try await marathons[0].run("/prod/web", tasks: [twice, twice], environment: environment())
            #expect(await refusal(authorizer, claim())?.code == .denied)
            #expect(await refusal(authorizer, claim("/prod/none"))?.code == .denied)
        }
    }

    @Test("keys that are missing or broken are not as good as none")
    func keysOfTasks() async throws {
        let good = "\"\(keys.deploy.publicKey.base64)\""
        try await FakeOrchestrator.run { [self] marathons in
            let authorizer = authorizer(marathons) { $0.cache = .zero }
            for environment in [
                "{}", #"{"DEPLOY_PUBLIC_KEY":{"secret":"x"}}"#, #"{"DEPLOY_PUBLIC_KEY":""}"#,
                "{\"DEPLOY_PUBLIC_KEY\":\(good),\"SERVICE_PUBLIC_KEY\":\"\"}",
                "{\"DEPLOY_PUBLIC_KEY\":\(good),\"SERVICE_PUBLIC_KEY\":{\"secret\":\"x\"}}",
            ] {
                try await marathons[0].run("/prod/web", environment: environment)
                #expect(await refusal(authorizer, claim())?.code == .denied, "\(environment)")
            }
        }
    }

    @Test("answers that are wrong, huge, deep, cut off or elsewhere: unavailable, and nothing of them in the message")
    func wrongAnswers() async throws {
        let marker = "hunter2"
        let path = "/v2/apps/prod/web?embed=apps.tasks"
        let deep = String(repeating: "[", count: 100_000)
        try await FakeOrchestrator.run { [self] marathons in
            let patient = authorizer(marathons) { $0.cache = .zero }
            let hasty = authorizer(marathons) {
                $0.cache = .zero
                $0.deadline = .seconds(4)
            }
            for (body, behaviour, status) in [
                ("<html>\(marker)</html>", "", 200), ("{\"app\":{\"id\":\"/\(marker)\",\"tasks\":[]}}", "", 200),
                ("{\"app\":{\"id\":\"/prod/web\",\"env\":\"\(marker)\"}}", "", 200),
                ("[\"\(marker)\"]", "", 200), (deep, "", 200), ("{\"\(marker)\":1,\"\(marker)\":2}", "", 200),
                ("", "", 200), (marker, "", 500), (marker, "", 401), (marker, "redirect", 302), (marker, "cut", 200),
                (marker, "huge", 200), (marker, "slow", 200),
            ] {
                let authorizer = behaviour == "slow" ? hasty : patient
                try await marathons[0].answer(path, with: body, status: status, behaviour: behaviour)
                let error = await refusal(authorizer, claim())
                #expect(
                    error?.code == (behaviour == "slow" ? .timedOut : .unavailable), "\(behaviour) \(body.prefix(40))")
                #expect(error?.message == "Marathon does not answer as it should")
                let problem = authorizer.health().problem
                #expect(problem != nil && problem?.message.contains(marker) == false, "\(problem as Any)")
            }
            #expect(try await !marathons[0].requests.contains("/elsewhere"))
            try await marathons[0].run("/prod/web", environment: environment())
            _ = try await patient.grant(for: claim())
            #expect(patient.health().problem == nil)
        }
    }

    @Test("not ready while no server answers, and ready again without being asked; one bad app disturbs nobody")
    func readiness() async throws {
        let path = "/v2/apps/prod/web?embed=apps.tasks"
        try await FakeOrchestrator.run { [self] marathons in
            let authorizer = authorizer(marathons) { $0.cache = .zero }
            try await marathons[0].answer(path, with: "nonsense")
            _ = await refusal(authorizer, claim())
            #expect(authorizer.health().isServing && authorizer.health().problem != nil)

            try await marathons[0].answer(path, with: "", status: 500)
            try await marathons[0].answer("/v2/info", with: "", status: 500)
            _ = await refusal(authorizer, claim())
            #expect(!authorizer.health().isServing)
            let following = Task { await authorizer.follow() }
            defer { following.cancel() }
            try await eventually("it asks whether Marathon is back") {
                try await marathons[0].requests.contains("/v2/info")
            }
            #expect(!authorizer.health().isServing)
            try await marathons[0].answer("/v2/info", with: "{}")
            try await eventually("it serves again") { authorizer.health().isServing }
        }
    }

    @Test("app ids, versions and ids cannot lead anywhere else")
    func tricks() async throws {
        try await FakeOrchestrator.run { [self] marathons in
            let authorizer = authorizer(marathons)
            for app in ["/../v2/info", "/a/..", "/a/./b", "a", "", "/a#b", "/a//b", "/a\r\nX: y", "/"] {
                let error = await refusal(authorizer, claim(app))
                #expect(error?.code == .malformed || app == "/", "\(app)")
            }
            #expect(await refusal(authorizer, claim(version: "a\nb"))?.code == .malformed)
            #expect(await refusal(authorizer, claim(id: ""))?.code == .malformed)
            for app in ["/a%2f..%2fb", "/a?embed=x&y", "/a;b", "/a\\b", "/ü"] {
                _ = await refusal(authorizer, claim(app))
            }
            let requests = try await marathons[0].requests
            #expect(
                requests.dropFirst(1) == [
                    "/v2/apps/a%252f..%252fb?embed=apps.tasks", "/v2/apps/a%3Fembed%3Dx%26y?embed=apps.tasks",
                    "/v2/apps/a%3Bb?embed=apps.tasks", "/v2/apps/a%5Cb?embed=apps.tasks",
                    "/v2/apps/%C3%BC?embed=apps.tasks",
                ])
        }
    }

    @Test("a hundred that ask at the same time make one look-up, and answers are kept for a moment")
    func singleFlight() async throws {
        try await FakeOrchestrator.run { [self] marathons in
            let version = URLPath.escaped(Self.version)
            try await marathons[0].run("/prod/web", environment: environment())
            let tasks =
                "{\"app\":{\"id\":\"/prod/web\",\"tasks\":[{\"id\":\"web.1\",\"version\":\"\(Self.version)\",\"state\":\"TASK_RUNNING\"}]}}"
            try await marathons[0].answer("/v2/apps/prod/web?embed=apps.tasks", with: tasks, behaviour: "brief")
            let authorizer = authorizer(marathons) { $0.cache = .seconds(3600) }
            try await withThrowingTaskGroup { group in
                for _ in 0..<100 { group.addTask { _ = try await authorizer.grant(for: claim()) } }
                try await group.waitForAll()
            }
            _ = try await authorizer.grant(for: claim())
            #expect(try await marathons[0].requests.count == 2)
            // One that may have begun since is looked for again.
            #expect(await refusal(authorizer, claim(id: "web.2"))?.code == .denied)
            #expect(try await marathons[0].requests.count == 3)
            #expect(try await marathons[0].requests[1].hasSuffix(version))
        }
    }

    @Test("a task that begins while another's question is on its way is not refused by the answer to that")
    func beginsMeanwhile() async throws {
        try await FakeOrchestrator.run { [self] marathons in
            try await marathons[0].run("/prod/web", environment: environment())
            let path = "/v2/apps/prod/web?embed=apps.tasks"
            let before = #"{"app":{"id":"/prod/web","tasks":[]}}"#
            let after =
                "{\"app\":{\"id\":\"/prod/web\",\"tasks\":[{\"id\":\"web.1\",\"version\":\"\(Self.version)\",\"state\":\"TASK_RUNNING\"}]}}"
            try await marathons[0].answer(path, with: before, behaviour: "slow")
            let authorizer = authorizer(marathons) {
                $0.cache = .zero
                $0.deadline = .seconds(60)
            }
            async let early = refusal(authorizer, claim(id: "web.0"))
            try await eventually("the question is on its way") { try await marathons[0].requests == [path] }
            try await marathons[0].answer(path, with: after)
            #expect(try await authorizer.grant(for: claim()).deployKey == keys.deploy.publicKey)
            #expect(await early?.code == .denied)
            #expect(try await marathons[0].requests.count == 3)
        }
    }

    @Test("a task that has ended is refused when what was kept is too old")
    func ends() async throws {
        try await FakeOrchestrator.run { [self] marathons in
            try await marathons[0].run("/prod/web", environment: environment())
            let authorizer = authorizer(marathons) { $0.cache = .milliseconds(100) }
            _ = try await authorizer.grant(for: claim())
            try await marathons[0].run("/prod/web", tasks: [], environment: environment())
            try await eventually("the task is refused") { (try? await authorizer.grant(for: claim())) == nil }
        }
    }

    @Test("fail-over: a server that is down, hangs or is wrong costs its share of the deadline once")
    func failover() async throws {
        try await FakeOrchestrator.run(2) { [self] marathons in
            for marathon in marathons { try await marathon.run("/prod/web", environment: environment()) }
            try await marathons[0].answer("/v2/apps/prod/web?embed=apps.tasks", with: "", behaviour: "hang")
            let authorizer = authorizer(marathons) {
                $0.cache = .zero
                $0.deadline = .seconds(20)
            }
            let begun = ContinuousClock.now
            _ = try await authorizer.grant(for: claim())
            #expect(ContinuousClock.now - begun >= .seconds(10))
            _ = try await authorizer.grant(for: claim())
            #expect(try await marathons[0].requests.count == 1)
            #expect(try await marathons[1].requests.count == 4)
            #expect(authorizer.health().isServing)

            // The one that works begins to refuse: back to the other.
            try await marathons[1].answer("/v2/apps/prod/web?embed=apps.tasks", with: "", status: 503)
            try await marathons[0].run("/prod/web", environment: environment())
            _ = try await authorizer.grant(for: claim())
            #expect(try await marathons[0].requests.count == 3)

            var settings = OrchestratorSettings(urls: ["http://127.0.0.1:1", marathons[0].url])
            settings.deadline = .seconds(60)
            let dead = MarathonAuthorizer(settings)
            _ = try await dead.grant(for: claim())
            #expect(dead.health().counters.first { $0.name == "marathon_failovers_total" }?.value == 1)
        }
    }

    @Test("basic authentication")
    func password() async throws {
        let password = try unsafe SecretBytes(count: 6) { unsafe $0.copyBytes(from: "secret".utf8) }
        let secret = HTTPSecret(password)
        try await FakeOrchestrator.run { [self] marathons in
            try await marathons[0].run("/prod/web", environment: environment())
            _ = try await authorizer(marathons) {
                $0.user = "secretary"
                $0.password = secret
            }.grant(for: claim())
            #expect(try await marathons[0].requests[0].hasSuffix(" Basic c2VjcmV0YXJ5OnNlY3JldA=="))
        }
    }
}
