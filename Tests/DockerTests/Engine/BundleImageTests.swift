import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension DockerEngineTests {
    /// What `make dist` packs, as the entry point of images in which nothing else is ours.
    @Suite("The bundle in images")
    struct BundleImages {
        private static let secretaryctl = "/opt/secretary/bin/secretaryctl"
        /// What a container is given that has no need of more.
        private static let plain = ["run", "--rm", "--read-only", "--cap-drop=ALL"]

        /// Makes an image of the bundle.
        /// - Parameter more: what else is in it, as arguments of tar.
        private func makeBundle(_ machine: DockerMachine, _ name: String, _ more: String...) async throws {
            let place = try machine.repo.scratch.makeFolder("bundle/opt")
            try await ProgramBundle.link(at: place.appending("secretary"))
            let entry = #"ENTRYPOINT ["\#(Self.secretaryctl)","exec","--"]"#
            let script = #"entry=$1 name=$2; shift 2; tar -c "$@" | docker import --change "$entry" - "$name""#
            try await machine.check(
                "sh",
                ["-euc", script, "sh", entry, name] + more + ["-C", place.removingLastComponent().string, "opt"])
        }

        private func variables(_ variables: [String: String]) -> [String] {
            variables.sorted { $0.key < $1.key }.flatMap { ["--env", "\($0.key)=\($0.value)"] }
        }

        @Test("beside busybox alone exec has the keys at hand opened variables; without a key it names what is missing")
        func localKeys() async throws {
            try await DockerMachine.with { machine in
                try await machine.startEngine()
                try await machine.makeImage()
                try await makeBundle(machine, "bundle", "-C", "/run/image", "bin")
                let secret = variables(["PASSWORD": try machine.repo.seal("hunter2"), "PLAIN": "as it was"])
                let config = variables(["CONFIG_PUBLIC_KEY": "/etc/keys/config-public-key.pem"])
                let keys = config + variables(["MASTER_PRIVATE_KEY": "/etc/keys/master-private-key.pem"])
                let mount = ["--network=none", "--volume", "/etc/secretary/keys:/etc/keys:ro"]
                // Process 1 is the command, not what decrypted for it.
                let command = [
                    "bundle", "sh", "-c", #"echo "$PASSWORD $PLAIN $MASTER_PRIVATE_KEY" $$; readlink /proc/1/exe"#,
                ]
                let opened = try await machine.check("docker", Self.plain + mount + secret + keys + command)
                #expect(opened == "hunter2 as it was  1\n/bin/busybox")

                let missing = try await machine.run("docker", Self.plain + mount + secret + config + command)
                #expect(missing.status == 66 && missing.text == "")
                #expect(missing.errors.contains("secretaryctl: PASSWORD: no master private key: "), "\(missing.errors)")
                #expect(missing.errors.contains("hint: "), "\(missing.errors)")
                // A key can look like a path.
                let absent = try await machine.run("docker", Self.plain + ["--network=none"] + secret + keys + command)
                #expect(absent.status == 65 && absent.text == "")
                #expect(absent.errors.contains("_KEY is not the path of a file"), "\(absent.errors)")
            }
        }

        @Test(
            "beside busybox alone exec asks a daemon, over the host's network and over a socket that is bound into it")
        func daemon() async throws {
            try await DockerMachine.with { machine in
                let task = try PrivateKey.generate()
                try KeyFiles.write([("deploy", task)], in: machine.repo.scratch["repo/keys"])
                try machine.repo.write(
                    "policy.yml",
                    """
                    version: 1
                    tasks: [{app: /prod/shop/web, ids: [web.1], deploy-key: keys/deploy-public-key.pem}]
                    """)
                try await machine.startEngine()
                try await machine.startDaemon("policy: policy.yml")
                try await machine.makeImage()
                try await makeBundle(machine, "bundle", "-C", "/run/image", "bin")
                let identity = [
                    "MASTER_PUBLIC_KEY": "/keys/master-public-key.pem",
                    "DEPLOY_PRIVATE_KEY": "/keys/deploy-private-key.pem", "MARATHON_APP_ID": "/prod/shop/web",
                    "MARATHON_APP_VERSION": "1", "MESOS_TASK_ID": "web.1",
                ]
                let socket = DockerMachine.daemonSocket
                for (url, options) in [
                    ("http://127.0.0.1:5070", ["--network=host"]),
                    ("unix://\(socket)", ["--network=none", "--volume", "\(socket):\(socket)"]),
                ] {
                    func result(scope: String) async throws -> CommandResult {
                        var environment = identity
                        environment["SECRETARY_URL"] = url
                        environment["PASSWORD"] = try machine.repo.seal("hunter2", scope: scope)
                        let keys = ["deploy-private", "master-public"].flatMap { name in
                            ["--volume", "/etc/secretary/keys/\(name)-key.pem:/keys/\(name)-key.pem:ro"]
                        }
                        let command = ["bundle", "sh", "-c", "echo $PASSWORD"]
                        return try await machine.run(
                            "docker", Self.plain + options + keys + variables(environment) + command)
                    }
                    let given = try await result(scope: "/prod/shop/web#PASSWORD")
                    #expect(given.text == "hunter2\n", "\(given.errors)")
                    let denied = try await result(scope: "/prod/shop/db#PASSWORD")
                    #expect(denied.status == 77 && denied.text == "", "\(denied.errors)")
                }
            }
        }

        @Test("in an image that has nothing else it runs, and starts itself again")
        func nothingElse() async throws {
            try await DockerMachine.with { machine in
                try await machine.startEngine()
                try await makeBundle(machine, "bundle")
                let version = try await machine.check("secretaryctl", ["version"])
                #expect(
                    try await machine.check(
                        "docker",
                        Self.plain + ["--network=none", "--entrypoint", Self.secretaryctl, "bundle", "version"])
                        == version)
                let keys =
                    ["--network=none", "--volume", "/etc/secretary/keys:/etc/keys:ro"]
                    + variables([
                        "MASTER_PRIVATE_KEY": "/etc/keys/master-private-key.pem",
                        "CONFIG_PUBLIC_KEY": "/etc/keys/config-public-key.pem",
                        "PASSWORD": try machine.repo.seal("hunter2"),
                    ])
                #expect(
                    try await machine.check(
                        "docker", Self.plain + keys + ["bundle", Self.secretaryctl, "version"]) == version)
                let absent = try await machine.run("docker", Self.plain + keys + ["bundle", "/bin/sh"])
                #expect(absent.status == 127 && absent.errors.contains("/bin/sh"), "\(absent.errors)")
            }
        }
    }
}
