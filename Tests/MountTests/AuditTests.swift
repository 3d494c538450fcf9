import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// Who opened what is written down before they get it.
    @Suite("The audit log of a mount")
    struct Audit {
        private func entries(_ files: [FilePath]) throws -> [AuditEntry] {
            var entries: [AuditEntry] = []
            let unreadable = try AuditEntry.forEach(in: files) { entries.append($0) }
            #expect(unreadable == 0)
            return entries
        }

        private func verify(_ repo: TestRepo, _ files: String..., options: [String] = []) async throws -> CommandResult
        {
            try await repo.run(
                "secretaryctl", ["audit", "verify"] + options + files.map { repo.place.appending($0).string })
        }

        /// Opens until that is refused: as long as it takes until the log knows that it cannot be written to.
        private func refusal(_ mount: Mount) async throws -> Errno? {
            var refusal: Errno?
            var opened = 0
            try await eventually("opens are refused") {
                do {
                    _ = try mount.text("key")
                    opened += 1
                } catch let error as Errno {
                    refusal = error
                }
                return refusal != nil
            }
            // What is let out before is bounded by the 5 ms in which records are gathered, not by luck.
            #expect(opened < 200)
            return refusal
        }

        @Test("each open is a record with its reader; looking at names and attributes leaves none")
        func opens() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("text", scope: "/prod/web"))\n")
                let log = repo.place.appending("audit.log")
                try await repo.mounted("app.yml", "--audit-file", log.string) { mount in
                    for _ in 0..<3 { #expect(try await repo.run("cat", [mount["key"].string]).text == "text") }
                    _ = try await repo.run("ls", ["-lR", mount.path.string])
                    _ = try await repo.run("getfattr", ["-d", mount["key"].string])
                    try await eventually("the records are in the file") {
                        try entries([log]).count { $0.event == .open } >= 3
                    }
                    let opens = try entries([log]).filter { $0.event == .open }
                    #expect(opens.count == 3)
                    for open in opens {
                        #expect(open["secret"] == "key" && open["scope"] == "/prod/web")
                        #expect(open["mount"] == mount.path.string && open["decision"] == "allow")
                        #expect(open["exe"]?.hasSuffix("/cat") == true && open.number("uid") == 0)
                        #expect((open.number("pid") ?? 0) > 0 && (open.number("pid_start") ?? 0) > 0)
                    }
                    #expect(Set(opens.map { $0.number("pid") }).count == 3)
                }
                #expect(try entries([log]).map(\.event) == [.begin, .start, .open, .open, .open, .stop])
                #expect(try await verify(repo, "audit.log").status == 0)
                let bytes = try Scratch.read(log)
                #expect(bytes.firstRange(of: Array("\"text\"".utf8)) == nil)
            }
        }

        @Test("a worker that is killed again and again leaves a log that verifies, with each open in it once")
        func killed() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("text"))\n")
                let log = repo.place.appending("audit.log")
                var opened = 0
                try await repo.mounted("app.yml", "--audit-file", log.string) { mount in
                    for _ in 0..<5 {
                        for _ in 0..<10 {
                            #expect(try mount.text("key") == "text")
                            opened += 1
                        }
                        kill(pid_t(try await mount.status().number("worker_pid")), SIGKILL)
                        // The next reader waits for another worker, and gets its content.
                        #expect(try mount.text("key") == "text")
                        opened += 1
                    }
                }
                let entries = try entries([log])
                #expect(entries.count { $0.event == .open } == opened)
                #expect(entries.count { $0.event == .resume } == 5)
                let result = try await verify(repo, "audit.log")
                #expect(result.status == 0, "\(result.errors)")
            }
        }

        /// Opens, reads and closes until the file of the first word is there, and prints how often.
        private static let opening = """
            import os, sys
            stop, path, count = sys.argv[1], sys.argv[2], 0
            while not os.path.exists(stop):
                file = os.open(path, os.O_RDONLY)
                assert os.read(file, 100) == b"text"
                os.close(file)
                count += 1
            print(os.getpid(), count)
            """

        /// Mounts with an audit log, has four programs open a secret again and again while `body` runs, and verifies the log.
        /// - Returns: how many opens each has made, and how many are in the log.
        private func opening(
            _ repo: TestRepo, sync: String, while body: (Mount) async throws -> Void
        ) async throws -> [(made: Int, logged: Int)] {
            try repo.write("app.yml", "key: \(try repo.seal("text"))\n")
            let log = repo.place.appending("audit.log")
            let stop = repo.output.appending("stop")
            var counts: [(pid: UInt64, made: Int)] = []
            try await repo.mounted("app.yml", "--audit-file", log.string, "--audit-fsync", sync) { mount in
                var children: [Child] = []
                for number in 0..<4 {
                    children.append(
                        try await repo.start(
                            "python3", ["-c", Self.opening, stop.string, mount["key"].string],
                            output: "reader-\(number)"))
                }
                try await body(mount)
                _ = try await repo.shell(": >'\(stop)'")
                for (number, child) in children.enumerated() {
                    #expect(try await child.end() == 0)
                    let said = String(
                        decoding: try Scratch.read(repo.output.appending("reader-\(number)")), as: UTF8.self)
                    let words = said.split { $0 == " " || $0 == "\n" }
                    counts.append((UInt64(words[0]) ?? 0, Int(words[1]) ?? 0))
                }
            }
            let result = try await verify(repo, "audit.log")
            #expect(result.status == 0, "\(result.errors)")
            let opens = try entries([log]).filter { $0.event == .open }
            return counts.map { (pid, made) in (made, opens.count { $0.number("pid") == pid }) }
        }

        @Test("SIGKILL under load: who got a secret is in the log, as often", arguments: ["group", "none"])
        func killedUnderLoad(sync: String) async throws {
            try await TestRepo.with { repo in
                let kills = 20
                let counts = try await opening(repo, sync: sync) { mount in
                    for _ in 0..<kills {
                        kill(pid_t(try await mount.status().number("worker_pid")), SIGKILL)
                        try await Task.sleep(for: .milliseconds(.random(in: 20...120)))
                    }
                }
                for (made, logged) in counts {
                    // An open that is written down and has no answer yet when the worker dies is asked for again.
                    #expect(made > 0 && (made...made + kills).contains(logged), "\(logged) records of \(made) opens")
                }
            }
        }

        @Test("upgrades under load: each open is in the log, as often", arguments: AuditSettings.Sync.allCases)
        func upgradedUnderLoad(sync: AuditSettings.Sync) async throws {
            try await TestRepo.with { repo in
                let upgrades = 3
                let counts = try await opening(repo, sync: sync.rawValue) { mount in
                    for _ in 0..<upgrades {
                        try await repo.upgrade(mount)
                    }
                }
                for (made, logged) in counts {
                    // What waits for the log when a worker is to end is left to the next one, and asked for again.
                    #expect(made > 0 && (made...made + upgrades).contains(logged), "\(logged) records of \(made) opens")
                }
            }
        }

        @Test("a full disk: opens fail with EIO and say why; when there is room they succeed")
        func diskFull() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("text"))\n")
                let disk = repo.place.appending("disk")
                #expect(unsafe mkdir(disk.string, 0o700) == 0)
                let mounting = try await repo.run("mount", ["-t", "tmpfs", "-o", "size=32k", "tmpfs", disk.string])
                try #require(mounting.status == 0)
                func unmountDisk() async throws { _ = try await repo.run("umount", [disk.string]) }
                do {
                    try await repo.mounted("app.yml", "--audit-file", disk.appending("audit.log").string) { mount in
                        #expect(try mount.text("key") == "text")
                        _ = try await repo.shell("cat /dev/zero >'\(disk)/filler' || true")
                        #expect(try await refusal(mount) == .ioError)
                        #expect(try await mount.status().text.contains("No space left on device"))
                        _ = try await repo.shell("rm '\(disk)/filler'")
                        #expect(try mount.text("key") == "text")
                        #expect(try await mount.status().text.contains("\"state\": \"writing\""))
                    }
                    let result = try await verify(repo, "disk/audit.log")
                    #expect(result.status == 0, "\(result.errors)")
                } catch {
                    try await unmountDisk()
                    throw error
                }
                try await unmountDisk()
            }
        }

        @Test("renamed, deleted, and replaced by a FIFO while it is mounted")
        func moved() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("text"))\n")
                let log = repo.place.appending("audit.log")
                try await repo.mounted("app.yml", "--audit-file", log.string) { mount in
                    #expect(try mount.text("key") == "text")
                    _ = try await repo.shell("mv '\(log)' '\(log).1'")
                    #expect(try mount.text("key") == "text")
                    try await eventually("the log goes on in another file") {
                        try await verify(repo, "audit.log", "audit.log.1").status == 0
                    }
                    _ = try await repo.shell("mv '\(log)' '\(log).2'; mkfifo '\(log)'")
                    #expect(try await refusal(mount) == .ioError)
                    _ = try await repo.shell("rm '\(log)'")
                    #expect(try mount.text("key") == "text")
                    _ = try await repo.shell("rm '\(log)'")
                    #expect(try mount.text("key") == "text")
                }
                let result = try await verify(repo, "audit.log", options: ["--part"])
                #expect(result.status == 82 && result.errors.contains("was deleted with records"), "\(result.errors)")
            }
        }

        @Test(
            "options that do not go together",
            arguments: [
                ["--audit-file", "log", "--cache", "resident"], ["--audit-key", "key"], ["--audit-stdout"],
                ["--audit-file", "mnt/log"],
            ])
        func refused(options: [String]) async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("text"))\n")
                let options = options.map { $0 == "mnt/log" ? repo.mountpoint.appending("log").string : $0 }
                let result = try await repo.run(
                    "secretaryctl", ["mount"] + options + ["app.yml", repo.mountpoint.string])
                #expect(result.status == 64, "\(result.errors)")
            }
        }
    }
}
