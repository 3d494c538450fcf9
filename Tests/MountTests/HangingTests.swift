import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// What readers see when something that has to help with decrypting does not answer.
    @Suite("Secrets that get no answer")
    struct Hanging {
        /// Mounts secrets `hangN`, which wait until the gate is opened, and one that is there at once.
        func mounted(
            policy: String = "open", deadline: Int = 60, secrets: Int = 1, endsItself: Bool = false,
            environment: [String: String] = [:], _ body: (Mount, Gate) async throws -> Void
        ) async throws {
            try await TestRepo.with { repo in
                let hanging = try (0..<secrets).map { "hang\($0): \(try repo.seal("123456", as: .nacl))\n" }
                let slow = try repo.seal("12345", scope: "/slow")
                try repo.write("app.yml", "quick: \(try repo.seal("123"))\nslow: \(slow)\n\(hanging.joined())")
                let gate = try Gate(repo.place.appending("gate"))
                let server = try await repo.start(
                    "hanging-mount",
                    [repo.root.appending("app.yml").string, repo.mountpoint.string, gate.path.string]
                        + ["\(deadline)", policy],
                    output: "server", environment: environment)
                try await eventually("it is mounted") {
                    try await !Leftovers.mounts(of: repo).isEmpty || !server.isRunning
                }
                let mount = try await Mount(repo, at: repo.mountpoint)
                do {
                    try await body(mount, gate)
                } catch {
                    try server.signal(SIGKILL)
                    throw error
                }
                try gate.open()
                if !endsItself { try await mount.end(#_sourceLocation) }
            }
        }

        /// Starts programs that open one file each, and waits until all wait for their answers.
        func readers(_ names: [String], of mount: Mount, program: [String] = ["interrupted"]) async throws
            -> [Reader]
        {
            var readers: [Reader] = []
            for (number, name) in names.enumerated() {
                let output = "reader\(number)"
                let child = try await mount.repo.start(
                    program[0], program.dropFirst() + [mount[name].string], output: output)
                readers.append(Reader(child: child, output: mount.repo.output.appending(output)))
            }
            try await eventually("\(names.count) requests wait") {
                try await mount.status().number("waiting_requests") == names.count
            }
            return readers
        }

        @Test("however many opens get no answer, everything else is answered", arguments: ["strict", "open"])
        func others(policy: String) async throws {
            try await mounted(policy: policy, secrets: 50) { mount, gate in
                let readers = try await readers((0..<50).map { "hang\($0)" }, of: mount)
                #expect(try mount.status(of: "hang7").st_size == 6)
                #expect(try Scratch.list(mount.path).count == 53)
                #expect(try mount.text("quick") == "***")
                try gate.open()
                for reader in readers { #expect(try await reader.answer() == "read: ok") }
                #expect(try mount.text("hang7") == "******")
                try await mount.becomesIdle()
            }
        }

        @Test("while a secret takes long to decrypt, everything else is answered")
        func slow() async throws {
            try await mounted { mount, gate in
                let child = try await mount.repo.start("interrupted", [mount["slow"].string], output: "slow")
                let reader = Reader(child: child, output: mount.repo.output.appending("slow"))
                try await eventually("the kernel waits for the answer") { try reader.waitsForAnswer }
                #expect(try mount.text("quick") == "***")
                #expect(try mount.status(of: "hang0").st_size == 6)
                #expect(try Scratch.list(mount.path).count == 4)
                try gate.open()
                #expect(try await reader.answer() == "read: ok")
                #expect(try mount.text("slow") == "*****")
            }
        }

        @Test("hundreds that wait take no place from others where the kernel cannot send requests again either")
        func hundreds() async throws {
            let environment = ["SECRETARY_WITHOUT_RESEND": "1"]
            try await mounted(secrets: 1, environment: environment) { mount, gate in
                let readers = try await readers(Array(repeating: "hang0", count: 150), of: mount)
                #expect(try mount.status(of: "hang0").st_size == 6)
                #expect(try mount.text("quick") == "***")
                try gate.open()
                for reader in readers { #expect(try await reader.answer() == "read: ok") }
                try await mount.becomesIdle()
            }
        }

        @Test(
            "those who wait go on waiting when the worker dies, and get their answer from the next",
            arguments: [true, false])
        func death(resends: Bool) async throws {
            let environment = resends ? [:] : ["SECRETARY_WITHOUT_RESEND": "1"]
            try await mounted(secrets: 3, environment: environment) { mount, gate in
                let readers = try await readers(["hang0", "hang1", "hang2", "hang0"], of: mount)
                try mount.worker.signal(SIGKILL)
                try await eventually("all wait again") {
                    try await mount.status().number("waiting_requests") == 4
                }
                try gate.open()
                for reader in readers { #expect(try await reader.answer() == "read: ok") }
            }
        }

        @Test("after the deadline a reader is told that there was no answer", arguments: ["strict", "open"])
        func deadline(policy: String) async throws {
            try await mounted(policy: policy, deadline: 3) { mount, gate in
                let answer = try await readers(["hang0"], of: mount)[0].timedAnswer()
                #expect(answer.text == "open: ETIMEDOUT")
                #expect((3000..<5900).contains(answer.milliseconds), "after \(answer.milliseconds) ms")
                let status = try await mount.status()
                #expect(status.text.contains("no answer within 3.0 seconds"))
                #expect(try status.number("held_secrets") == 0)
                #expect(try status.number("waiting_requests") == 0)
                try gate.open()
                #expect(try mount.text("hang0") == "******")
            }
        }

        @Test("under the policy resident the deadline is that of each read")
        func resident() async throws {
            try await mounted(policy: "resident", deadline: 3) { mount, gate in
                let answer = try await readers(["hang0"], of: mount)[0].timedAnswer()
                #expect(["read: ETIMEDOUT", "read: EIO"].contains(answer.text))
                #expect((3000..<9000).contains(answer.milliseconds), "after \(answer.milliseconds) ms")
                try gate.open()
                #expect(try mount.text("hang0") == "******")
            }
        }

        @Test("a signal ends an open at once, and nobody else's")
        func interrupted() async throws {
            try await mounted { mount, gate in
                let readers = try await readers(["hang0", "hang0", "hang0"], of: mount)
                try readers[0].signal(SIGUSR1)
                #expect(try await readers[0].answer() == "open: EINTR")
                // A signal that kills is none that the program could answer.
                try readers[1].signal(SIGKILL)
                #expect(try await readers[1].child.end() == 137)
                #expect(try await mount.status().number("waiting_requests") == 1)
                try gate.open()
                #expect(try await readers[2].answer() == "read: ok")
                try await mount.becomesIdle()
                #expect(try await mount.status()["failures"] == "[]")
            }
        }

        @Test("a server that is told to end ends, whoever waits")
        func ending() async throws {
            try await mounted(endsItself: true) { mount, gate in
                let readers = try await readers(["hang0", "hang0"], of: mount)
                try mount.server.signal(SIGTERM)
                for reader in readers { #expect(try await reader.answer().hasPrefix("open: ")) }
                try await eventually("the server ends") { !mount.server.isRunning }
            }
        }

        @Test("when all have been answered the mount is idle again: no thread more, and nothing wakes it")
        func idle() async throws {
            try await mounted(secrets: 20) { mount, gate in
                _ = try mount.text("quick")
                let before = try mount.worker.field("Threads", of: "status")
                let readers = try await readers((0..<20).map { "hang\($0)" }, of: mount)
                #expect(try mount.worker.field("Threads", of: "status") > before + 19)
                try gate.open()
                for reader in readers { #expect(try await reader.answer() == "read: ok") }
                // Those that serve the kernel stay.
                try await eventually("the threads end") {
                    try mount.worker.field("Threads", of: "status") <= before + 8
                }
                try await mount.becomesIdle()
                try await mount.staysAsleep(for: .seconds(7))
            }
        }
    }
}
