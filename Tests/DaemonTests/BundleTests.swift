import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// What `make dist` packs, in a root folder that holds busybox and nothing else: no loader, no library, no certificate.
@Suite("The bundle", .serialized, .enabled(if: geteuid() == 0, "needs root"))
struct BundleTests {
    /// The root folder, with the bundle at `/opt/secretary`: made once, deleted when the tests end.
    private static let made = Task { try await makeRoot() }
    private let setup: DaemonSetup
    private let root: FilePath

    init() async throws {
        setup = try DaemonSetup()
        root = try await Self.made.value.path
        for name in ["master-private", "master-public", "config-public", "deploy-private", "service-private"] {
            try put("\(name)-key.pem", try setup.scratch.read("\(name)-key.pem"))
        }
    }

    private static func makeRoot() async throws -> Scratch {
        let root = try Scratch("root")
        root.keepUntilExit()
        for folder in ["bin", "opt", "proc", "dev", "run", "keys"] { try root.makeFolder(folder) }
        try await Command.check("cp", ["/bin/busybox", root["bin/busybox"].string])
        try await Command.check("ln", ["-s", "busybox", root["bin/sh"].string])
        try await ProgramBundle.link(at: root["opt/secretary"])
        return root
    }

    private func put(_ name: String, _ bytes: [UInt8]) throws {
        let file = try FileDescriptor.open(
            root.appending("keys").appending(name), .writeOnly, options: [.create, .truncate, .closeOnExec],
            permissions: .ownerReadWrite)
        try file.closeAfter { _ = try file.writeAll(bytes) }
    }

    /// Runs a command in the root folder, as a container would: with mounts and a table of processes of its own.
    private func run(
        _ command: [String], _ environment: [String: String] = [:], entry: String = "/opt/secretary/bin/secretaryctl"
    ) async throws -> CommandResult {
        let script = """
            \(OwnMounts.script)
            mount -t proc proc "$0/proc"
            for device in fuse null; do touch "$0/dev/$device"; mount --bind "/dev/$device" "$0/dev/$device"; done
            exec env --ignore-environment "${@:2:$1}" "$(command -v chroot)" "$0" "${@:$(($1 + 2))}"
            """
        let variables = environment.map { "\($0.key)=\($0.value)" }
        return try await Command.run(
            "unshare",
            ["--mount", "--propagation", "unchanged", "--pid", "--fork", "--kill-child", "bash", "-euc", script]
                + [root.string, "\(variables.count)"] + variables + [entry] + command)
    }

    private func task(_ url: String) -> [String: String] {
        [
            "SECRETARY_URL": url, "MASTER_PUBLIC_KEY": "/keys/master-public-key.pem",
            "DEPLOY_PRIVATE_KEY": "/keys/deploy-private-key.pem",
            "SERVICE_PRIVATE_KEY": "/keys/service-private-key.pem", "MARATHON_APP_ID": setup.claim.app,
            "MARATHON_APP_VERSION": setup.claim.version, "MESOS_TASK_ID": setup.claim.id,
        ]
    }

    private func text(_ envelope: Envelope) -> String { String(decoding: envelope.text, as: UTF8.self) }

    @Test("exec with local keys: the command gets its environment and nothing of the bundle's")
    func localKeys() async throws {
        let result = try await run(
            ["exec", "--", "/bin/busybox", "env"],
            [
                "PASSWORD": text(try setup.envelope("hunter2", scope: "/")), "PLAIN": "as it was",
                "MASTER_PRIVATE_KEY": "/keys/master-private-key.pem",
                "CONFIG_PUBLIC_KEY": "/keys/config-public-key.pem",
            ])
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.text.split(separator: "\n").sorted() == [
                "CONFIG_PUBLIC_KEY=/keys/config-public-key.pem", "PASSWORD=hunter2", "PLAIN=as it was",
            ])
    }

    @Test("exec by the daemon")
    func daemon() async throws {
        try await setup.withDaemon { daemon in
            var environment = task("http://127.0.0.1:\(daemon.port)")
            environment["PASSWORD"] = text(try setup.envelope("hunter2", scope: "/prod/shop/web#PASSWORD"))
            let result = try await run(["exec", "--", "/bin/sh", "-c", "echo $PASSWORD"], environment)
            #expect(result.text == "hunter2\n", "\(result.errors)")
            environment["PASSWORD"] = text(try setup.envelope("hunter3", scope: "/prod/shop/db"))
            #expect(try await run(["exec", "--", "/bin/sh", "-c", "echo $PASSWORD"], environment).status == 77)
        }
    }

    @Test("exec by the daemon over TLS: libcurl is the bundle's")
    func daemonWithTLS() async throws {
        try await Command.check(
            "openssl",
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "tls.key"]
                + ["-out", "tls.pem", "-days", "2", "-subj", "/CN=here", "-addext", "subjectAltName=IP:127.0.0.1"],
            directory: setup.scratch.path)
        try setup.configure(more: "tls: {certificate: tls.pem, key: tls.key}")
        try put("authority.pem", try setup.scratch.read("tls.pem"))
        try await setup.withDaemon { daemon in
            var environment = task("https://127.0.0.1:\(daemon.port)")
            environment["PASSWORD"] = text(try setup.envelope("hunter2", scope: "/prod/shop/web#PASSWORD"))
            let known = environment.merging(["SECRETARY_CA": "/keys/authority.pem"]) { $1 }
            let result = try await run(["exec", "--", "/bin/sh", "-c", "echo $PASSWORD"], known)
            #expect(result.text == "hunter2\n", "\(result.errors)")
            // Nobody vouches for the daemon.
            #expect(try await run(["exec", "--", "/bin/sh", "-c", "echo $PASSWORD"], environment).status != 0)
        }
    }

    @Test("a mount: a program that starts itself again starts with the bundle's loader again")
    func mounts() async throws {
        try put("web.yml", Array("password: \(text(try setup.envelope("hunter2", scope: "/")))\n".utf8))
        let script = """
            set -e
            ctl=/opt/secretary/bin/secretaryctl
            $ctl mount --private-key /keys/master-private-key.pem --config-key /keys/config-public-key.pem /keys/web.yml /run
            busybox cat /run/password; busybox ps -o comm,args; $ctl mount upgrade /run; busybox cat /run/password; $ctl unmount /run
            """
        let result = try await run(["-c", script], ["PATH": "/bin"], entry: "/bin/sh")
        #expect(result.text.hasPrefix("hunter2") && result.text.hasSuffix("hunter2"), "\(result.errors)")
        // A rule or a log that names the program means what somebody has started.
        let servers = result.text.split(separator: "\n").filter { $0.contains("--in-background") }
        #expect(servers.count == 2 && servers.allSatisfy { $0.hasPrefix("secretaryctl") }, "\(result.text)")
    }

    @Test("it works from any folder, by links and by any name; its programs find each other")
    func places() async throws {
        let version = try await run(["version"]).text
        #expect(version == (try await Command.run(Programs.secretaryctl, ["version"])).text)
        #expect(try await run(["daemon", "--version"]).text == version)
        let script = """
            set -e
            /bin/busybox mv /opt/secretary /run/moved
            /bin/busybox ln -s /run/moved/bin/secretaryctl /bin/ctl
            ctl version; cd /run/moved/bin; ./secretaryctl version; exec /bin/ctl version
            """
        let result = try await run(["-c", script], ["PATH": "/bin"], entry: "/bin/sh")
        try await Command.check("mv", [root.appending("run/moved").string, root.appending("opt/secretary").string])
        #expect(result.text == version + version + version, "\(result.errors)")
    }

    @Test("what is missing is named")
    func incomplete() async throws {
        for file in ["lib/ld.so", "libexec/secretaryctl", "lib/libc.so.6"] {
            let path = root.appending("opt/secretary").pushing(FilePath(file)).string
            try await Command.check("mv", [path, "\(path).away"])
            let result = try await run(["version"])
            try await Command.check("mv", ["\(path).away", path])
            #expect(result.status == 127)
            #expect(result.errors.contains(FilePath(file).lastComponent?.string ?? ""), "\(result.errors)")
        }
    }
}
