import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// `secretaryd.service` and `secretaryd.socket`, as they are installed, under a real systemd.
    @Suite("The daemon under systemd", .enabled(if: SystemdMachine.canRun, "needs systemd and version 2 of cgroups"))
    struct SystemdDaemon {
        private let unit = "secretaryd.service"
        private let secret = "s3cret"

        /// Keys and rules for one task.
        private func makeRepo(_ repo: TestRepo) async throws {
            let deploy = try PrivateKey.generate()
            try KeyFiles.write([("deploy", deploy)], in: repo.root.appending("keys"))
            try repo.write(
                "secretaryd.yml",
                """
                version: 1
                listen: 127.0.0.1:5070
                keys: {master: keys/master-private-key.pem, config: keys/config-public-key.pem}
                authorizer: {policy: policy.yml}
                audit: {file: /var/log/secretary/audit.log}

                """)
            try repo.write(
                "policy.yml",
                "version: 1\ntasks: [{app: /prod/web, deploy-key: keys/deploy-public-key.pem}]\n")
        }

        /// Asks for the secret, as a task does.
        private func ask(_ repo: TestRepo, _ machine: SystemdMachine) async throws -> CommandResult {
            let envelope = try repo.seal(secret, scope: "/prod/web#PASSWORD")
            return try await machine.run(
                "env",
                [
                    "SECRETARY_URL=http://127.0.0.1:5070",
                    "DEPLOY_PRIVATE_KEY=/etc/secretary/keys/deploy-private-key.pem",
                    "MASTER_PUBLIC_KEY=/etc/secretary/keys/master-public-key.pem", "MARATHON_APP_ID=/prod/web",
                    "MARATHON_APP_VERSION=1", "MESOS_TASK_ID=web.1", "PASSWORD=\(envelope)", "secretaryctl", "exec",
                    "--", "sh", "-c", "echo $PASSWORD",
                ])
        }

        private func expectSecret(_ repo: TestRepo, _ machine: SystemdMachine) async throws {
            let result = try await ask(repo, machine)
            #expect(result.text == "\(secret)\n", "\(result.errors)")
        }

        @Test("its socket starts it; while it is killed, reloaded and restarted, requests wait and none fails")
        func activation() async throws {
            try await TestRepo.with { repo in
                try await makeRepo(repo)
                try await SystemdMachine.with(repo) { machine in
                    try await machine.control("start", "secretaryd.socket")
                    #expect(try await machine.properties(unit)["ActiveState"] == "inactive")
                    try await expectSecret(repo, machine)
                    #expect(try await machine.properties(unit)["ActiveState"] == "active")

                    try await machine.control("kill", "--signal=KILL", "--kill-who=main", unit)
                    // Nobody runs at this moment: systemd listens.
                    try await expectSecret(repo, machine)
                    #expect(try await machine.properties(unit)["NRestarts"] == "1")
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { for _ in 0..<20 { try await expectSecret(repo, machine) } }
                        for _ in 0..<3 { try await machine.control("reload", unit) }
                        for _ in 0..<3 { try await machine.control("restart", unit) }
                        try await group.waitForAll()
                    }
                    try await machine.control("stop", "secretaryd.socket", unit)
                    let stopped = try await machine.properties(unit)
                    #expect(stopped["ActiveState"] == "inactive" && stopped["Result"] == "success")
                    #expect(try await ask(repo, machine).status == 69)
                }
            }
        }

        @Test("without its socket it listens itself, as somebody who may do nothing else; its audit log is root's")
        func alone() async throws {
            try await TestRepo.with { repo in
                try await makeRepo(repo)
                try await SystemdMachine.with(repo) { machine in
                    try await machine.control("start", unit)
                    try await expectSecret(repo, machine)
                    let properties = try await machine.properties(unit)
                    let status = try await machine.run("cat", ["/proc/\(properties["MainPID"] ?? "")/status"]).text
                    #expect(status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"))
                    // CAP_DAC_READ_SEARCH, and no other.
                    #expect(
                        status.contains("CapEff:\t0000000000000004") && status.contains("CapBnd:\t0000000000000004"))
                    let log = "/var/log/secretary"
                    let modes = try await machine.run("stat", ["-c", "%a %u", log, "\(log)/audit.log"]).text
                    #expect(modes == "700 0\n600 0\n")
                    try await machine.control("stop", unit)
                    let records = String(decoding: try Scratch.read(machine["\(log)/audit.log"]), as: UTF8.self)
                    #expect(records.contains(#""event":"open""#) && records.contains(#""event":"stop""#))
                }
            }
        }

        @Test("a configuration that cannot be used fails at once, with the reason in the journal")
        func failure() async throws {
            try await TestRepo.with { repo in
                try await makeRepo(repo)
                try repo.write("secretaryd.yml", "version: 1\nnonsense: 1\n")
                try await SystemdMachine.with(repo) { machine in
                    #expect(try await machine.run("systemctl", ["start", unit]).status != 0)
                    try await eventually("the journal has the reason") {
                        try await machine.journal("--unit", unit).contains("nonsense")
                    }
                    let properties = try await machine.properties(unit)
                    #expect(properties["ExecMainStatus"] == "78" && properties["NRestarts"] == "0")
                }
            }
        }
    }
}
