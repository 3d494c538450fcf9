import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("What a supervisor does when workers cannot help")
    struct Supervision {
        @Test("no worker can be had: errors at once, names and attributes as before, and the status says why")
        func standIn() async throws {
            try await TestRepo.with { repo in
                try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
                try await repo.mounted("web.yml") { mount in
                    let before = try await repo.shell("stat -c '%n %s %a %i %Y' $M/password").text
                    // Without its key no worker gets to serve.
                    _ = try await repo.shell("mv keys gone")
                    try mount.worker.signal(SIGKILL)
                    try await eventually("the supervisor answers itself") {
                        try await mount.status().string("state") == "failed"
                    }
                    #expect(try await repo.attempt("read", mount["password"]) == "open: EIO")
                    #expect(try await repo.shell("stat -c '%n %s %a %i %Y' $M/password").text == before)
                    #expect(try await repo.attempt("list", mount.path) == "ok")
                    let status = try await mount.status()
                    #expect(try status.string("error").contains("no config public key"), "\(status.text)")
                    #expect(status["worker_pid"] == "null")
                    // And it tries again.
                    _ = try await repo.shell("mv gone keys")
                    try await eventually("a worker serves again") {
                        try await mount.read("password").text == "s3cret"
                    }
                    #expect(try await mount.status().string("state") == "current")
                }
            }
        }

        @Test("a worker that starts while the source is broken shows the names, and their content when it is mended")
        func brokenSource() async throws {
            try await TestRepo.with { repo in
                let text = "password: \(try repo.seal("s3cret"))\n"
                try repo.write("web.yml", text)
                try await repo.mounted("web.yml") { mount in
                    try repo.write("web.yml", "password: [\n")
                    try mount.worker.signal(SIGKILL)
                    try await eventually("another worker serves") {
                        try await mount.status().number("workers") > 1
                    }
                    #expect(try await repo.shell("ls $M").text == "password\n")
                    #expect(try await repo.attempt("read", mount["password"]) == "open: EIO")
                    let status = try await mount.status()
                    #expect(try status.string("state") == "outdated")
                    #expect(try status.string("error").contains("web.yml:"))
                    try repo.write("web.yml", text)
                    try await eventually("the mended source is shown") {
                        try await mount.read("password").text == "s3cret"
                    }
                }
            }
        }

        @Test("an upgrade to a program that does not work leaves the mount as it is, and says why")
        func brokenUpgrade() async throws {
            try await TestRepo.with { repo in
                try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
                let own = repo.place.appending("program")
                _ = try await repo.shell("cp $(command -v secretaryctl) \(own)")
                let mounted = try await repo.run(own.string, ["mount", "web.yml", repo.mountpoint.string])
                #expect(mounted.status == 0, "\(mounted.errors)")
                let mount = try await Mount(repo, at: repo.mountpoint)
                _ = try await repo.shell("rm \(own); cp /bin/false \(own)")
                let upgraded = try await repo.secretaryctl("mount", "upgrade", mount.path.string)
                #expect(upgraded.status == 81)
                #expect(upgraded.errors.contains("exited with status 1"), "\(upgraded.errors)")
                #expect(mount.worker.isRunning && mount.server.isRunning)
                #expect(try await mount.read("password").text == "s3cret")
                // A crash after that gets another worker of the program that runs.
                try mount.worker.signal(SIGKILL)
                #expect(try await mount.read("password").text == "s3cret")
                try await mount.end(#_sourceLocation)
            }
        }

        @Test("an upgrade ends a time without workers as soon as the new one could serve")
        func upgradeInNeed() async throws {
            try await TestRepo.with { repo in
                try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
                try await repo.mounted("web.yml") { mount in
                    _ = try await repo.shell("mv keys gone")
                    try mount.worker.signal(SIGKILL)
                    try await eventually("the supervisor answers itself") {
                        try await mount.status().string("state") == "failed"
                    }
                    let refused = try await repo.secretaryctl("mount", "upgrade", mount.path.string)
                    #expect(refused.status == 81)
                    #expect(refused.errors.contains("no config public key"), "\(refused.errors)")
                    _ = try await repo.shell("mv gone keys")
                    try await repo.upgrade(mount)
                    #expect(try await mount.read("password").text == "s3cret")
                    #expect(try await mount.status().string("state") == "current")
                }
            }
        }

        @Test("an upgrade goes on when the old worker is killed in the middle of it, at whatever moment")
        func upgradeAndKill() async throws {
            try await TestRepo.with { repo in
                try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
                try await repo.mounted("web.yml") { mount in
                    for round in 0..<12 {
                        let worker = try ServerProcess(pid: pid_t(try await mount.status().number("worker_pid")))
                        async let upgrade = repo.secretaryctl("mount", "upgrade", mount.path.string)
                        // Anywhere between the signal to the supervisor and its end.
                        try await Task.sleep(for: .milliseconds(round * 15))
                        try? worker.signal(SIGKILL)
                        let upgraded = try await upgrade
                        #expect(upgraded.status == 0, "\(upgraded.errors)")
                        #expect(try await mount.read("password").text == "s3cret")
                    }
                }
            }
        }

        @Test("who reads does not wait for a worker that cannot begin: errors until it can")
        func hangingStart() async throws {
            try await TestRepo.with { repo in
                try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
                _ = try await repo.shell(
                    "secretaryctl genkeys auditor --path public; rm public/*private*; mkdir $OUT/keys")
                let keys = try await Mount(
                    repo, "public", ["--layout", "files", "--all"], at: repo.output.appending("keys"))
                let audit = ["--audit-file", repo.output.appending("log").string, "--audit-key"]
                let mount = try await Mount(
                    repo, "web.yml", audit + [keys["auditor-public-key.pem"].string], at: repo.mountpoint)
                for process in [keys.server, keys.worker] { try process.signal(SIGSTOP) }
                defer { for process in [keys.server, keys.worker] { try? process.signal(SIGCONT) } }
                try mount.worker.signal(SIGKILL)
                // The kernel asks for this: it waits until there is an answer.
                let status = try await mount.status()
                #expect(try status.string("state") == "failed")
                #expect(try status.string("error").contains("the worker has not begun within"))
                #expect(try await repo.attempt("read", mount["password"]) == "open: EIO")
                for process in [keys.server, keys.worker] { try process.signal(SIGCONT) }
                try await eventually("a worker serves", within: .seconds(60)) {
                    try await mount.read("password").text == "s3cret"
                }
                for mount in [mount, keys] {
                    #expect(try await repo.secretaryctl("unmount", mount.path.string).status == 0)
                }
            }
        }

        @Test("nothing is left of the workers that upgrades have replaced")
        func upgrades() async throws {
            try await TestRepo.with { repo in
                try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
                try await repo.mounted("web.yml") { mount in
                    for _ in 0..<3 {
                        try await repo.upgrade(mount)
                    }
                    let file = FilePath("/proc/\(mount.server.pid)/task/\(mount.server.pid)/children")
                    try await eventually("the supervisor has one child") {
                        String(decoding: try Scratch.read(file), as: UTF8.self).split(separator: " ").count == 1
                    }
                }
            }
        }

        @Test("keys that came in variables are in no supervisor's environment or memory, and every worker has them")
        func keysInVariables() async throws {
            try await TestRepo.with { repo in
                try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
                let key = try Scratch.read(repo.root.appending("keys/master-private-key.pem"))
                let config = repo.root.appending("keys/config-public-key.pem").string
                _ = try await repo.shell("mv keys/master-private-key.pem .")
                for options in [[], ["--foreground", "--ready-fd", "1"]] {
                    let line = ["mount"] + options + ["--config-key", config, "web.yml", repo.mountpoint.string]
                    let variables = ["MASTER_PRIVATE_KEY": String(decoding: key, as: UTF8.self)]
                    let child = try await repo.start(
                        "secretaryctl", line, output: "mount", environment: variables)
                    try await eventually("it is mounted") {
                        try await repo.attempt("stat", repo.mountpoint.appending(".secretary/status")) == "ok"
                    }
                    let mount = try await Mount(repo, at: repo.mountpoint)
                    let needle = Array(key.split(separator: UInt8(ascii: "\n"))[1])
                    #expect(try MemorySearch.search(pid: mount.server.pid, for: needle).isEmpty)
                    #expect(try MemorySearch.search(pid: mount.worker.pid, for: needle).isEmpty)
                    try mount.worker.signal(SIGKILL)
                    #expect(try await mount.read("password").text == "s3cret")
                    for _ in 0..<2 {
                        try await repo.upgrade(mount)
                        #expect(try await mount.read("password").text == "s3cret")
                    }
                    #expect(mount.server.isRunning, "the supervisor is the same process")
                    #expect(try MemorySearch.search(pid: mount.server.pid, for: needle).isEmpty)
                    try await mount.end(#_sourceLocation)
                    _ = try await child.end()
                }
            }
        }

        @Test("content goes to the page cache at open again once no file is open that another worker has opened")
        func storing() async throws {
            try await TestRepo.with { repo in
                let names = (0..<50).map { "key\($0)" }
                try repo.write("web.yml", try names.map { "\($0): \(try repo.seal($0))\n" }.joined())
                try await repo.mounted("web.yml") { mount in
                    let former = try FileDescriptor.open(mount["key0"], .readOnly)
                    try mount.worker.signal(SIGKILL)
                    #expect(try await mount.read("key0").text == "key0")
                    #expect(try !isStoredAtOpen(mount["key1"]))
                    try former.close()
                    // The kernel does not wait for anybody when it tells the end of a handle.
                    var number = 1
                    try await eventually("it is stored") {
                        number += 1
                        return try isStoredAtOpen(mount[names[number % names.count]])
                    }
                }
            }
        }

        /// Whether the first page of a file that nobody has read is in the page cache when it is open.
        private func isStoredAtOpen(_ path: FilePath) throws -> Bool {
            let file = try FileDescriptor.open(path, .readOnly)
            defer { try? file.close() }
            let address = unsafe mmap(nil, 4096, PROT_READ, MAP_SHARED, file.rawValue, 0)
            guard let address = unsafe address, unsafe address != MAP_FAILED else { throw Errno(rawValue: errno) }
            defer { unsafe munmap(address, 4096) }
            var page: UInt8 = 0
            guard unsafe mincore(address, 4096, &page) == 0 else { throw Errno(rawValue: errno) }
            return page & 1 == 1
        }

        @Test("without its supervisor a worker goes on until the mount is unmounted")
        func orphan() async throws {
            try await TestRepo.with { repo in
                try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
                let mount = try await Mount(repo, "web.yml", [], at: repo.mountpoint)
                try mount.server.signal(SIGKILL)
                try await eventually("the supervisor is dead") { !mount.server.isRunning }
                #expect(try await mount.read("password").text == "s3cret")
                #expect(try await mount.status()["pid"] == "null")
                let upgraded = try await repo.secretaryctl("mount", "upgrade", mount.path.string)
                #expect(upgraded.errors.contains("its worker goes on alone"), "\(upgraded.errors)")
                #expect(try await repo.secretaryctl("unmount", mount.path.string).status == 0)
                try await eventually("the worker ends") { !mount.worker.isRunning }
            }
        }
    }
}
