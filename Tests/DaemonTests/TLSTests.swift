import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite("Daemon: TLS")
struct TLSTests {
    /// A CA, a certificate for 127.0.0.1, and one for a client.
    private func certificates(_ setup: DaemonSetup) async throws {
        let folder = setup.scratch.path
        func openssl(_ arguments: String) async throws {
            try await Command.check("openssl", arguments.split(separator: " ").map(String.init), directory: folder)
        }
        func certificate(_ name: String, _ alternative: String) async throws {
            try setup.scratch.write("\(name).ext", "subjectAltName=\(alternative)\n")
            try await openssl(
                "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \(name).key -out \(name).csr -subj /CN=\(name)"
            )
            try await openssl(
                "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -out \(name).pem -days 2 -extfile \(name).ext")
        }
        try await openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca"
        )
        try await certificate("server", "IP:127.0.0.1")
        try await certificate("renewed", "IP:127.0.0.1,DNS:renewed.example")
        try await certificate("client", "URI:spiffe://prod/web,DNS:web.prod.example")
    }

    private func curl(_ setup: DaemonSetup, _ daemon: RunningDaemon, _ options: String...) async throws -> CommandResult
    {
        try await Command.run(
            "curl",
            ["-s", "--max-time", "120", "--cacert", "ca.pem"] + options
                + ["https://127.0.0.1:\(daemon.port)/healthz"], directory: setup.scratch.path)
    }

    @Test("TLS 1.2 and newer, nothing in the clear, and a new certificate after a reload")
    func server() async throws {
        let setup = try DaemonSetup()
        try await certificates(setup)
        try setup.configure(more: "tls: {certificate: server.pem, key: server.key}")
        try await setup.withDaemon { daemon in
            #expect(try await curl(setup, daemon).text == "OK\n")
            #expect(try await curl(setup, daemon, "--tlsv1.2", "--tls-max", "1.2").text == "OK\n")
            #expect(try await curl(setup, daemon, "--tls-max", "1.1").status != 0)
            #expect(try await daemon.get("/healthz").status == 0)

            for kind in ["pem", "key"] {
                try setup.scratch.write("server.\(kind)", setup.scratch.read("renewed.\(kind)"))
            }
            try daemon.signal(SIGHUP)
            try await eventually("the new certificate") {
                try await curl(setup, daemon, "-v").errors.contains("CN=renewed")
            }
            // A key that is not the certificate's changes nothing.
            try setup.scratch.write("server.key", setup.scratch.read("client.key"))
            try daemon.signal(SIGHUP)
            try await eventually("a complaint") { try daemon.messages.contains("cannot reload") }
            #expect(try await curl(setup, daemon).text == "OK\n")
        }
    }

    @Test(
        "a client that is told which CA to trust trusts no other, not even the system's",
        .enabled(if: geteuid() == 0, "needs root to mount"))
    func authorities() async throws {
        let setup = try DaemonSetup()
        try await certificates(setup)
        let folder = setup.scratch.path
        let request = "req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other"
        try await Command.check("openssl", request.split(separator: " ").map(String.init), directory: folder)
        let system = folder.appending("system")
        try await Command.check("mkdir", [system.string])
        try await Command.check("cp", ["ca.pem", "system/ca-certificates.crt"], directory: folder)
        try await Command.check("cp", ["ca.pem", "system/ca.pem"], directory: folder)
        try await Command.check("openssl", ["rehash", system.string])
        try setup.configure(more: "tls: {certificate: server.pem, key: server.key}")
        try await setup.withDaemon { daemon in
            func errors(_ options: String) async throws -> String {
                // In a namespace of its own, the folder in which libcurl looks for the system's is this one.
                let script = """
                    mount --make-private "$(stat -c %m /etc/ssl/certs)"
                    \(OwnMounts.script)
                    mount --bind system /etc/ssl/certs
                    exec "$0" unseal --status -s https://127.0.0.1:\(daemon.port) \(options)
                    """
                return try await Command.run(
                    "unshare",
                    [
                        "--mount", "--propagation", "unchanged", "sh", "-euc", script,
                        Programs.folder.appending("secretaryctl").string,
                    ], directory: folder
                ).errors
            }
            let reached = "this daemon cannot be unsealed here"
            for (options, expected) in [
                ("", reached), ("--ca-file ca.pem", reached), ("--ca-file other.pem", "cannot prove who it is"),
            ] {
                let errors = try await errors(options)
                #expect(errors.contains(expected), "\(options): \(errors)")
            }
        }
    }

    @Test("an empty list of names lets nobody in by mistake")
    func noNames() async throws {
        let setup = try DaemonSetup()
        try await certificates(setup)
        try setup.configure(
            more: "tls: {certificate: server.pem, key: server.key, client-ca: ca.pem, client-names: []}")
        let result = try await Command.run(
            Programs.folder.appending("secretaryd").string, ["--config", "secretaryd.yml", "--check"],
            directory: setup.scratch.path)
        #expect(result.status == 78 && result.errors.contains("client-names"), "\(result.errors)")
    }

    @Test(
        "client certificates: of the CA, and with one of the names",
        arguments: [
            ("", true), (", client-names: [\"*.prod.example\"]", true), (", client-names: [\"spiffe://prod/*\"]", true),
            (", client-names: [\"*.test.example\", other]", false),
        ])
    func clients(_ names: String, _ isAllowed: Bool) async throws {
        let setup = try DaemonSetup()
        try await certificates(setup)
        try setup.configure(more: "tls: {certificate: server.pem, key: server.key, client-ca: ca.pem\(names)}")
        try await setup.withDaemon { daemon in
            #expect(try await curl(setup, daemon).status != 0)
            let known = try await curl(setup, daemon, "--cert", "client.pem", "--key", "client.key")
            #expect((known.text == "OK\n") == isAllowed)
        }
    }
}
