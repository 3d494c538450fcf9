import Foundation
import SecretaryCore
import TestSupport
import Testing

@Suite("Daemon: with Marathon") struct MarathonDaemonTests {
    private let setup: DaemonSetup

    init() throws {
        setup = try DaemonSetup()
    }

    /// What a task asks by `secretaryctl`, which speaks `/v2/decrypt`.
    private func decrypt(_ envelope: Envelope, _ daemon: RunningDaemon) async throws -> CommandResult {
        try await Command.run(
            Programs.secretaryctl,
            [
                "decrypt", "-s", "http://127.0.0.1:\(daemon.port)", "--deploy-key", "deploy-private-key.pem",
                "--service-key", "service-private-key.pem", "--master-key", "master-public-key.pem", "--app-id",
                setup.claim.app, "--app-version", FakeOrchestrator.version, "--task-id", setup.claim.id,
            ], input: envelope.text, environment: ["PATH": "/usr/bin:/bin"], directory: setup.scratch.path)
    }

    private func run(_ marathon: FakeOrchestrator, variable: Envelope) async throws {
        let environment = try [
            "DEPLOY_PUBLIC_KEY": setup.key("deploy").publicKey.base64,
            "SERVICE_PUBLIC_KEY": setup.key("service").publicKey.base64,
            "COPIED": String(decoding: variable.text, as: UTF8.self),
        ]
        try await marathon.run(
            setup.claim.app, tasks: [(setup.claim.id, FakeOrchestrator.version, "TASK_RUNNING")],
            environment: String(decoding: JSONEncoder().encode(environment), as: UTF8.self))
    }

    @Test("another team's value in this app's environment: refused under deny, opened and reported under warn")
    func confusedDeputy() async throws {
        let setup = setup
        let copied = try setup.unscoped()
        let (own, foreign) = (
            try setup.envelope(scope: "/prod/shop"), try setup.envelope(scope: "/prod/bank#PASSWORD")
        )
        try await FakeOrchestrator.run { marathons in
            try await run(marathons[0], variable: copied)
            for (policy, status) in [("deny", 77), ("warn", 0), ("allow", 0)] as [(String, Int32)] {
                try setup.configure()
                let text = try setup.scratch.readText("secretaryd.yml").replacing(
                    "{policy: policy.yml}",
                    with: "{marathon: {urls: \"\(marathons[0].url)\", unscoped: \(policy), deadline: 60s}}")
                try setup.scratch.write("secretaryd.yml", text)
                try await setup.withDaemon { daemon in
                    let result = try await decrypt(copied, daemon)
                    #expect(result.status == status, "\(policy): \(result.errors)")
                    #expect(result.text == (status == 0 ? DaemonSetup.canary : ""))
                    #expect(try await daemon.metric("secretaryd_warnings_total") == (policy == "warn" ? 1 : 0))
                    // A scope is stronger than any of them.
                    #expect(try await decrypt(own, daemon).text == DaemonSetup.canary)
                    try await run(marathons[0], variable: foreign)
                    #expect(try await decrypt(foreign, daemon).status == 77)
                    try await run(marathons[0], variable: copied)
                }
            }
        }
    }

    @Test("the recorded request of an original client, with Marathon's answers as they were recorded")
    func recorded() async throws {
        let exchange = try RecordedExchange()
        let url = Bundle.module.bundleURL.appending(path: "Vectors/daemon-exchange.json")
        let file = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
        let answers = try #require(file["marathon"] as? [String: Any]).mapValues { answer in
            try JSONSerialization.data(withJSONObject: answer)
        }
        try await FakeOrchestrator.run { marathons in
            for (request, answer) in answers {
                let path = try #require(request.split(separator: " ").last)
                try await marathons[0].answer(String(path), with: String(decoding: answer, as: UTF8.self))
            }
            let urls = "http://127.0.0.1:1,\(marathons[0].url)"
            let (status, _) = try await exchange.setup.withDaemon(arguments: ["--marathon-url", urls]) { daemon in
                try await exchange.send(exchange.body, to: daemon).status
            }
            #expect(status == 200)
            let requests = try await marathons[0].requests
            #expect(Set(requests.map { "GET \($0)" }) == Set(answers.keys))
        }
    }
}
