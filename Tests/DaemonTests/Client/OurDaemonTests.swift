import SecretaryCore
import SystemPackage
import Testing
import TestSupport

@Suite("decrypt and exec by our daemon") struct OurDaemonTests {
    private func environment(_ setup: DaemonSetup, _ daemon: RunningDaemon) -> [String: String] {
        [
            "PATH": "/usr/bin:/bin", "SECRETARY_URL": "http://127.0.0.1:\(daemon.port)",
            "MASTER_PUBLIC_KEY": setup.scratch["master-public-key.pem"].string,
            "DEPLOY_PRIVATE_KEY": setup.scratch["deploy-private-key.pem"].string,
            "SERVICE_PRIVATE_KEY": setup.scratch["service-private-key.pem"].string,
            "MARATHON_APP_ID": setup.claim.app, "MARATHON_APP_VERSION": setup.claim.version,
            "MESOS_TASK_ID": setup.claim.id,
        ]
    }

    private func text(_ envelope: Envelope) -> String { String(decoding: envelope.text, as: UTF8.self) }

    @Test("scopes with names, values of the policy, and an argument, all in one exec")
    func exec() async throws {
        let setup = try DaemonSetup()
        let listed = try setup.unscoped("listed")
        try setup.writePolicy(values: [listed])
        try await setup.withDaemon { daemon in
            var environment = environment(setup, daemon)
            environment["PASSWORD"] = text(try setup.envelope("hunter2", scope: "/prod/shop/web#PASSWORD"))
            environment["LISTED"] = text(listed)
            let argument = text(try setup.envelope("everyone's", scope: "/"))
            let result = try await Command.run(
                Programs.secretaryctl, ["exec", "--", "sh", "-c", "echo $PASSWORD,$LISTED,$1", "sh", argument],
                environment: environment)
            #expect(result.text == "hunter2,listed,everyone's\n" && result.status == 0)
            let decrypted = try await Command.run(
                Programs.secretaryctl, ["decrypt"], input: listed.text, environment: environment)
            #expect(decrypted.text == "listed")
        }
    }

    @Test("a value that the policy does not list, a key that is another's, and a task that has ended")
    func refused() async throws {
        let setup = try DaemonSetup()
        try await setup.withDaemon { daemon in
            let environment = environment(setup, daemon)
            func status(_ changes: [String: String]) async throws -> Int32 {
                let result = try await Command.run(
                    Programs.secretaryctl, ["exec", "--", "touch", setup.scratch["ran"].string],
                    environment: environment.merging(changes) { $1 })
                #expect(!result.errors.contains(DaemonSetup.canary))
                return result.status
            }
            let mine = text(try setup.envelope(scope: "/prod/shop/web"))
            #expect(try await status(["A": mine, "B": text(try setup.unscoped())]) == 77)
            #expect(try await status(["A": mine, "MESOS_TASK_ID": setup.endedClaim.id]) == 77)
            let stranger = setup.scratch["stranger-private-key.pem"].string
            #expect(try await status(["A": mine, "DEPLOY_PRIVATE_KEY": stranger]) == 80)
            #expect(try await status(["A": mine, "SERVICE_PRIVATE_KEY": stranger]) == 80)
            let other = setup.scratch["stranger-public-key.pem"].string
            #expect(try await status(["A": mine, "MASTER_PUBLIC_KEY": other]) == 80)
            #expect(try Scratch.list(setup.scratch.path).contains("ran") == false)
        }
    }
}
