import Glibc
import NIOCore
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@testable import DockerVolumePlugin

@Suite("Secrets for a swarm, without one")
struct SecretProviderTests {
    private let labels = ["source": "web.yml", "key": "database.password"]

    @Test("a task gets what is sealed for the app of its service, by file or view; the record is there before")
    func given() async throws {
        try await SecretSetup.with(try SecretSetup.makeRepo()) { setup in
            let socket = try Stat(setup.repo.scratch["credentials.sock"])
            #expect(socket.permissions.rawValue & 0o777 == 0o600)
            let activation = try await setup.curl("/Plugin.Activate", ["-X", "POST"])
            #expect(activation == ("{\"Implements\":[\"VolumeDriver\",\"secretprovider\"]}\n", "200"))
            let expected = #"{"Value":"\#(SecretSetup.base64("hunter2hunter2"))","DoNotReuse":true,"Err":""}"# + "\n"
            for labels in [
                labels, ["source": "web.yml", "select": "database", "key": "password"], ["source": "web.yml"],
                ["view": "web"], ["view": "open", "key": "password"],
            ] {
                let answer = try await setup.get(SecretSetup.request(labels))
                #expect(answer == (expected, "200"), "\(labels)")
            }
            let named = try await setup.get(SecretSetup.request(labels, app: "/prod/web/blue"))
            #expect(named == (expected, "200"))
            let record = try #require(try setup.records().first { $0.contains(#""event":"open""#) })
            for part in [
                #""mount":"credentials","secret":"shop_web/db-password""#, #""scope":"/prod/web""#, #""digest":""#,
                #""app":"/prod/web","version":"service1","task":"task1","remote":"swarm node node1""#,
                #""decision":"allow""#, "\"pid\":\(setup.pluginProcess)",
            ] { #expect(record.contains(part), "\(part) in \(record)") }
            #expect(try await setup.metrics().contains(#"secretary_docker_secrets_total{result="given"} 6"#))

            // Another value under the same name.
            try setup.repo.write("web.yml", "a: \(try setup.repo.seal("changed", scope: "/prod/web"))\n")
            let changed = try await setup.get(SecretSetup.request(["source": "web.yml"]))
            #expect(changed.text.contains(SecretSetup.base64("changed")))
        }
    }

    @Test("another app does not get it, whatever the labels of the secret say; log, metric and audit have it")
    func denied() async throws {
        try await SecretSetup.with(try SecretSetup.makeRepo()) { setup in
            let cases = [
                (SecretSetup.request(labels, app: "/prod/db"), "is sealed for /prod/web, not for /prod/db"),
                (SecretSetup.request(labels, app: nil), "is sealed for /prod/web, not for /shop_web"),
                (SecretSetup.request(labels, app: "/prod"), "is sealed for /prod/web, not for /prod"),
                (SecretSetup.request(["view": "web"], app: "/prod/db"), "the view is for /prod/web"),
                (SecretSetup.request(["view": "open"], app: "/prod/db"), "is sealed for /prod/web, not for /prod/db"),
                (SecretSetup.request(["view": "closed"]), "views.closed.readers[0]"),
            ]
            for (request, reason) in cases {
                let answer = try await setup.get(request)
                #expect(answer.status == "500" && answer.text.hasPrefix(#"{"Err":"shop_web/db-password: "#))
                #expect(answer.text.contains(reason), "\(answer.text)")
            }
            let denials = try setup.records().filter { $0.contains(#""event":"denied""#) }
            #expect(denials.count == cases.count && denials.allSatisfy { $0.contains(#""task":"task1""#) })
            #expect(denials.first?.contains(#""app":"/prod/db","version":"service1""#) == true)
            try await eventually("the log has a warning for each") {
                let start = "secretary-docker-plugin: warning: secret db-password for service shop_web (app "
                let lines = try setup.repo.messages("secretary-docker-plugin").split(separator: "\n")
                return lines.count { $0.hasPrefix(start) && $0.contains(" on node node1: denied: ") } == cases.count
            }
            #expect(
                try await setup.metrics() == [
                    #"secretary_docker_secrets_total{result="given"} 0"#,
                    #"secretary_docker_secrets_total{result="denied"} 6"#,
                    #"secretary_docker_secrets_total{result="failed"} 0"#,
                ])
        }
    }

    @Test("what cannot be had is an error that says why, and is written down; what cannot be understood is one, too")
    func failed() async throws {
        let repo = try SecretSetup.makeRepo()
        let largest = String(repeating: "x", count: 511_999)
        try repo.write("sizes.yml", secrets: ["empty": "", "largest": largest, "larger": largest + "x"])
        try repo.write("broken.yml", "a: ENC[HPKE,AAAA]\n")
        try repo.write("plain.yml", "a: plain\n")
        try await SecretSetup.with(repo) { setup in
            let cases = [
                (["source": "sizes.yml", "key": "empty"], "it has 0 bytes, where 1 to 511999 are possible"),
                (["source": "sizes.yml", "key": "larger"], "it has 512000 bytes, where 1 to 511999 are possible"),
                (["source": "sizes.yml"], "sizes.yml has "), (["source": "web.yml", "key": "x"], "has no secret x"),
                (["source": "nothing.yml"], "nothing.yml"), (["source": "plain.yml", "key": "a"], "has no secret a"),
                (["source": "broken.yml"], "malformed HPKE envelope"), (["view": "nothing"], "there is no view"),
                ([:], "needs one of the labels secretary.source and secretary.view"),
                (["source": "/etc/shadow"], "is absolute"), (["source": "../audit.log"], "may leave the repository"),
                (labels.merging(["app": "/prod/web"]) { $1 }, "unknown label secretary.app"),
            ]
            for (labels, reason) in cases {
                let answer = try await setup.get(SecretSetup.request(labels))
                #expect(answer.status == "500" && answer.text.contains(reason), "\(labels): \(answer.text)")
            }
            #expect(try setup.records().count { $0.contains(#""event":"failed""#) } == cases.count)
            let bodies = [
                "", "{}", "[]", "null", "{\"SecretName\":", SecretSetup.request(labels, app: "prod"),
                SecretSetup.request(labels, app: "/a\nb"), SecretSetup.request(labels, service: ""),
            ]
            for body in bodies {
                let answer = try await setup.get(body)
                #expect(answer.status == "500" && answer.text.hasPrefix(#"{"Err":""#), "\(body): \(answer.text)")
            }
            let large = try await setup.get(SecretSetup.request(["source": "sizes.yml", "key": "largest"]))
            #expect(large.text.contains(SecretSetup.base64(largest)))
            let count = cases.count + bodies.count
            #expect(try await setup.metrics().contains(#"secretary_docker_secrets_total{result="failed"} \#(count)"#))
        }
    }

    @Test("neither process keeps the value, plain or in base64", .enabled(if: geteuid() == 0, "needs root"))
    func memory() async throws {
        var needle = "needle-\(UInt64.random(in: .min ... .max))-\(UInt64.random(in: .min ... .max))"
        // Its own base64 is a part of the whole's; and of a large piece of memory that is freed more is left than of a small one.
        while needle.utf8.count % 3 != 0 { needle += "!" }
        let text = SecretSetup.base64(needle)
        let filling = String(repeating: "abc", count: 3000)
        try await SecretSetup.with(try SecretSetup.makeRepo(password: filling + needle + filling)) { [needle] setup in
            for _ in 0..<3 {
                let answer = try await setup.get(SecretSetup.request(labels))
                #expect(answer.text.contains(text))
            }
            // Who has got the answer may be quicker than the plugin with zeroing it.
            for process in [setup.pluginProcess, setup.credentialsProcess] {
                try await eventually("nothing of it is left in process \(process)") {
                    try [needle, text].allSatisfy {
                        try MemorySearch.search(pid: process, for: Array($0.utf8)).isEmpty
                    }
                }
            }
        }
    }

    @Test(
        "another user is not believed, and what is no request gets an answer that says so",
        .enabled(if: geteuid() == 0, "needs root"))
    func strangers() async throws {
        try await SecretSetup.with(try SecretSetup.makeRepo()) { setup in
            let socket = setup.repo.scratch["credentials.sock"].string
            #expect(unsafe chmod(socket, 0o666) == 0)
            let script = """
                import os, socket, sys
                os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
                peer = socket.socket(socket.AF_UNIX)
                peer.settimeout(60)
                peer.connect(sys.argv[2])
                try:
                    peer.sendall(sys.argv[3].encode() * int(sys.argv[4]))
                    peer.shutdown(socket.SHUT_WR)
                except OSError: pass
                try:
                    while part := peer.recv(1 << 20): sys.stdout.buffer.write(part)
                except ConnectionResetError: pass
                """
            func ask(_ user: Int, _ text: String, times: Int = 1) async throws -> String {
                let arguments = ["-c", script, "\(user)", socket, text, "\(times)"]
                return try await Command.run("/usr/bin/python3", arguments).text
            }
            let request = try SwarmSecretRequest(docker: Array(SecretSetup.request(labels).utf8))
            let text = String(decoding: request.json, as: UTF8.self)
            #expect(try await ask(0, text) == "{\"count\":\"14\"}\nhunter2hunter2")
            let stranger = try await ask(65534, text)
            #expect(stranger.hasPrefix(#"{"status":"77""#) && stranger.contains("only user 0 is believed"))
            for (text, times) in [("", 1), ("{}", 1), (text, 2), ("x", (64 << 10) + 1)] {
                let answer = try await ask(0, text, times: times)
                #expect(answer.hasPrefix(#"{"status":"65""#), "\(answer)")
            }
            #expect(try setup.records().contains { $0.contains(#""event":"denied""#) && $0.contains(#""uid":65534"#) })
        }
    }

    @Test("who answers nothing, half of it, or something else, is no reason to give an empty secret")
    func otherEnd() async throws {
        let scratch = try Scratch("secrets")
        let plugin = try PluginSetup(scratch)
        let counts = plugin.counts
        let socket = scratch["credentials.sock"]
        let (patient, hasty) = (
            plugin.secrets(at: socket, patience: .seconds(120)), plugin.secrets(at: socket, patience: .seconds(1))
        )
        let body = Array(SecretSetup.request(labels).utf8)
        func ask(_ provider: SecretProvider) async -> String { String(buffer: await provider.answer(body).body) }
        #expect(await ask(patient).contains("cannot ask at \(scratch["credentials.sock"]): No such file or directory"))
        let cases = [
            ("", "the answer breaks off"), ("{\"count\":\"9\"}\nhalf", "the answer breaks off"),
            ("{\"count\":\"0\"}\n", "the value has 0 bytes"), ("GARBAGE\n", "is not JSON"),
            ("wait", "does not answer within"), ("{\"status\":\"77\",\"message\":\"no\"}\n", #"{"Err":"no"}"#),
        ]
        let server = """
            import socket, sys, time
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(sys.argv[1])
            listener.listen()
            kept = []
            for answer in sys.argv[2:]:
                peer = listener.accept()[0]
                while peer.recv(1 << 16): pass
                if answer == "wait": kept.append(peer); continue
                peer.sendall(answer.encode())
                peer.close()
            time.sleep(600)
            """
        try await Command.whileRunning(
            "/usr/bin/python3", ["-c", server, scratch["credentials.sock"].string] + cases.map(\.0), environment: [:]
        ) { pid in
            defer { kill(pid, SIGKILL) }
            try await eventually("the other end listens") {
                unsafe access(scratch["credentials.sock"].string, F_OK) == 0
            }
            for (answer, reason) in cases {
                let text = await ask(answer == "wait" ? hasty : patient)
                #expect(text.contains(reason), "\(answer): \(text)")
            }
        }
        for sample in [#"{result="given"} 0"#, #"{result="denied"} 1"#, #"{result="failed"} 6"#] {
            #expect(counts.text.contains("secretary_docker_secrets_total\(sample)\n"), "\(counts.text)")
        }
    }
}
