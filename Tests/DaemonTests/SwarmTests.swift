import SecretaryCore
import SecretaryRemote
import TestSupport
import Testing

@testable import secretaryd

@Suite("Swarm: who is asked which tasks run", .serialized, .timeLimit(.minutes(15))) struct SwarmTests {
    private let keys: GrantKeys

    init() throws {
        keys = try GrantKeys()
    }

    /// What a manager says of a task; members that are not told are those of one that runs.
    private func task(
        environment: [String] = [], labels: String = "{}", state: String = "running", desired: String = "running",
        service: String = "service1"
    ) -> String {
        let variables = environment.map { "\"\($0)\"" }.joined(separator: ",")
        return """
            {"ID":"task1","ServiceID":"\(service)","Status":{"State":"\(state)"},"DesiredState":"\(desired)",
            "Spec":{"ContainerSpec":{"Image":"x","Env":[\(variables)],"Labels":\(labels)}}}
            """
    }

    private func service(_ labels: String = "{}", id: String = "service1") -> String {
        #"{"ID":"\#(id)","Spec":{"Name":"shop_web","Labels":\#(labels)}}"#
    }

    private var deployVariable: String { "DEPLOY_PUBLIC_KEY=\(keys.deploy.publicKey.base64)" }

    private func authorizer(_ swarm: FakeOrchestrator, cache: Duration = .zero) -> SwarmAuthorizer {
        var settings = OrchestratorSettings(urls: [swarm.url])
        settings.deadline = .seconds(60)
        settings.cache = cache
        return SwarmAuthorizer(settings)
    }

    private func claim(_ app: String = "/shop_web", version: String = "service1", id: String = "task1") -> TaskClaim {
        TaskClaim(app: app, version: version, id: id)
    }

    private func refusal(_ authorizer: SwarmAuthorizer, _ claim: TaskClaim) async -> SecretaryError? {
        await #expect(throws: SecretaryError.self) { try await authorizer.grant(for: claim) }
    }

    private func text(_ envelope: Envelope) -> String { String(decoding: envelope.text, as: UTF8.self) }

    @Test("a running task has the keys and values that it was started with, and those of its service's labels")
    func grants() async throws {
        let (variable, label, other) = (try keys.sealed("v"), try keys.sealed("l"), try keys.sealed("o"))
        let scoped = try keys.sealed("x", scope: "/shop_web#TOKEN")
        let late = try PrivateKey.generate().publicKey
        try await FakeOrchestrator.run { [self] swarms in
            try await swarms[0].answer(
                "/tasks/task1",
                with: task(environment: [
                    deployVariable, "PASSWORD=user:\(text(variable))", "TOKEN=\(text(scoped))", "EMPTY",
                ]))
            // The service's labels may be newer than the task.
            try await swarms[0].answer(
                "/services/service1",
                with: service(
                    #"{"secretary.deploy-public-key":"\#(late.base64)","license":"\#(text(label))"}"#))
            let grant = try await authorizer(swarms[0]).grant(for: claim())
            #expect(grant.app.description == "/shop_web" && grant.rule == "swarm")
            #expect(grant.deployKey == keys.deploy.publicKey && grant.serviceKey == nil)
            #expect(try grant.check(variable, name: nil).warning?.message.contains("PASSWORD has no scope") == true)
            #expect(try grant.check(label, name: nil).rule == "swarm: value")
            #expect(try grant.check(scoped, name: nil).rule == "swarm: scope /shop_web")
            #expect(throws: SecretaryError.self) { try grant.check(other, name: "PASSWORD") }
        }
    }

    @Test("the app is the service's label or its name, the version its id, the id the task's; nothing else is granted")
    func identity() async throws {
        try await FakeOrchestrator.run { [self] swarms in
            let authorizer = authorizer(swarms[0])
            try await swarms[0].answer("/tasks/task1", with: task(environment: [deployVariable]))
            try await swarms[0].answer("/services/service1", with: service())
            _ = try await authorizer.grant(for: claim())
            for wrong in [
                claim("/shop"), claim("/shop_web/x"), claim("/"), claim(version: "service2"), claim(id: "task2"),
            ] {
                #expect(await refusal(authorizer, wrong)?.code == .denied, "\(wrong)")
            }
            try await swarms[0].answer("/services/service1", with: service(#"{"secretary.app":"/prod/shop"}"#))
            #expect(await refusal(authorizer, claim())?.code == .denied)
            _ = try await authorizer.grant(for: claim("/prod/shop"))
            for path in ["../services/service1", "task1/logs", "task1?x=y", "task1#"] {
                #expect(await refusal(authorizer, claim(id: path))?.code == .denied)
            }
            #expect(
                try await swarms[0].requests.suffix(4) == [
                    "/tasks/..%2Fservices%2Fservice1", "/tasks/task1%2Flogs", "/tasks/task1%3Fx%3Dy", "/tasks/task1%23",
                ])
        }
    }

    @Test("only a task that runs or is about to, and that is not to be shut down")
    func states() async throws {
        try await FakeOrchestrator.run { [self] swarms in
            let authorizer = authorizer(swarms[0])
            try await swarms[0].answer("/services/service1", with: service())
            for (state, desired, isRunning) in [
                ("starting", "running", true), ("running", "running", true), ("ready", "ready", true),
                ("running", "shutdown", false), ("running", "remove", false), ("complete", "running", false),
                ("failed", "running", false), ("orphaned", "running", false), ("", "", false),
            ] {
                try await swarms[0].answer(
                    "/tasks/task1", with: task(environment: [deployVariable], state: state, desired: desired))
                if isRunning {
                    let grant = try await authorizer.grant(for: claim())
                    #expect(grant.deployKey == keys.deploy.publicKey)
                } else {
                    #expect(await refusal(authorizer, claim())?.message == "the task is not running", "\(state)")
                }
            }
        }
    }

    @Test("keys in labels; keys that are missing or broken are not as good as none")
    func keysOfTasks() async throws {
        let good = keys.deploy.publicKey.base64
        try await FakeOrchestrator.run { [self] swarms in
            let authorizer = authorizer(swarms[0])
            try await swarms[0].answer("/services/service1", with: service())
            try await swarms[0].answer(
                "/tasks/task1",
                with: task(
                    labels: "{\"secretary.deploy-public-key\":\"\(good)\",\"secretary.service-public-key\":\"\(good)\"}"
                ))
            #expect(try await authorizer.grant(for: claim()).serviceKey == keys.deploy.publicKey)
            let envelope = text(try keys.sealed("x"))
            for variables in [
                [], ["DEPLOY_PUBLIC_KEY="], ["DEPLOY_PUBLIC_KEY=\(envelope)"], [deployVariable, "SERVICE_PUBLIC_KEY="],
                [deployVariable, "SERVICE_PUBLIC_KEY=\(envelope)"], [deployVariable, "SERVICE_PUBLIC_KEY=x"],
            ] {
                try await swarms[0].answer("/tasks/task1", with: task(environment: variables))
                #expect(await refusal(authorizer, claim())?.code == .denied, "\(variables)")
            }
        }
    }

    @Test(
        "answers about something else, or that are none, are refused without repeating them; down and up again is seen")
    func wrongAnswers() async throws {
        let marker = "hunter2"
        try await FakeOrchestrator.run { [self] swarms in
            let authorizer = authorizer(swarms[0])
            try await swarms[0].answer("/services/service1", with: service(id: marker))
            for body in [
                marker, "{}", "[\"\(marker)\"]", "{\"ID\":\"\(marker)\"}", task(environment: [deployVariable]),
            ] {
                try await swarms[0].answer("/tasks/task1", with: body)
                let error = await refusal(authorizer, claim())
                #expect(error?.code == .unavailable && error?.message == "the swarm does not answer as it should")
                #expect(authorizer.health().problem?.message.contains(marker) == false)
                #expect(authorizer.health().isServing)
            }
            // Docker says this where there is no swarm, and on workers.
            try await swarms[0].answer(
                "/tasks/task1", with: #"{"message":"This node is not a swarm manager."}"#, status: 503)
            #expect(await refusal(authorizer, claim())?.code == .unavailable)
            #expect(!authorizer.health().isServing)
            let following = Task { await authorizer.follow() }
            defer { following.cancel() }
            try await swarms[0].answer("/_ping", with: "{}")
            try await eventually("it serves again") { authorizer.health().isServing }
        }
    }

    @Test("many that ask at the same time make one look-up of each kind, and answers are kept for a moment")
    func singleFlight() async throws {
        try await FakeOrchestrator.run { [self] swarms in
            try await swarms[0].answer("/tasks/task1", with: task(environment: [deployVariable]), behaviour: "brief")
            try await swarms[0].answer("/services/service1", with: service())
            let authorizer = authorizer(swarms[0], cache: .seconds(3600))
            try await withThrowingTaskGroup { group in
                for _ in 0..<100 { group.addTask { _ = try await authorizer.grant(for: claim()) } }
                try await group.waitForAll()
            }
            #expect(try await swarms[0].requests == ["/tasks/task1", "/services/service1"])
        }
    }
}
