import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("How mounts begin at once, end and die")
    struct Ending {
        private func makeSource(_ repo: TestRepo) throws {
            try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
            try repo.give(repo.root)
        }

        /// A mount without the checks of `mounted`: its end is what is tested.
        private func mount(_ repo: TestRepo, _ options: String...) async throws -> Mount {
            try await Mount(repo, "web.yml", options, at: repo.mountpoint)
        }

        @Test("of several that are started at once one mounts, and the others say so", arguments: Account.all)
        func race(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                for round in 0..<10 {
                    let starters = try await (0..<3).asyncMap { (number) async throws in
                        try await repo.start(
                            "secretaryctl", ["mount", "web.yml", repo.mountpoint.string], output: "\(round)-\(number)")
                    }
                    var statuses: [Int32] = []
                    for starter in starters { statuses.append(try await starter.end()) }
                    #expect(statuses.sorted() == [0, 81, 81], "round \(round)")
                    #expect(try await Leftovers.mounts(of: repo).count == 1)
                    #expect(try await repo.run("cat", [repo.mountpoint.appending("password").string]).text == "s3cret")
                    #expect(try await repo.secretaryctl("unmount", repo.mountpoint.string).status == 0)
                }
            }
        }

        @Test("SIGTERM, SIGINT and SIGHUP unmount", arguments: [SIGTERM, SIGINT, SIGHUP], Account.all)
        func signals(number: Int32, account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                let mount = try await mount(repo)
                try mount.server.signal(number)
                try await eventually("the server ends") { !mount.server.isRunning }
                #expect(try await Leftovers.mounts(of: repo).isEmpty)
            }
        }

        @Test("a mount that the mountpoint was before stays", arguments: [true, false])
        func foundation(isUnmounted: Bool) async throws {
            try await TestRepo.with { repo in
                try makeSource(repo)
                #expect(try await repo.run("mount", ["-t", "tmpfs", "none", repo.mountpoint.string]).status == 0)
                let mount = try await mount(repo)
                if isUnmounted {
                    #expect(try await repo.secretaryctl("unmount", repo.mountpoint.string).status == 0)
                } else {
                    try mount.server.signal(SIGTERM)
                }
                try await eventually("the server ends") { !mount.server.isRunning }
                #expect(try await Leftovers.mounts(of: repo).count == 1)
                #expect(try await repo.run("umount", [repo.mountpoint.string]).status == 0)
            }
        }

        @Test(
            "a mount whose server was killed is replaced, even when several lie on each other", arguments: Account.all)
        func stale(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                for _ in 0..<2 {
                    let dead = try await mount(repo)
                    try await dead.kill()
                    let answer = try await repo.attempt("list", repo.mountpoint)
                    // The other one for who asks while the kernel takes the connection down.
                    #expect(["opendir: ENOTCONN", "opendir: ECONNABORTED"].contains(answer))
                }
                let living = try await mount(repo)
                #expect(try await living.read("password").text == "s3cret")
                #expect(try await Leftovers.mounts(of: repo).count == 1)
                try await living.kill()
                let unmounted = try await repo.secretaryctl("unmount", repo.mountpoint.string)
                #expect(unmounted.status == 0, "\(unmounted.errors)")
            }
        }

        @Test("files that are open keep a mount, until --lazy; they can be read to their end", arguments: Account.all)
        func busy(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                let mount = try await mount(repo)
                _ = try await repo.shell(": >$OUT/wait")
                let reader = try await repo.start(
                    "sh",
                    ["-c", "exec 3<$M/password; echo open; while test -e $OUT/wait; do sleep 0.01; done; cat <&3"],
                    output: "reader")
                try await eventually("the file is open") { try await mount.status().number("open_handles") == 1 }
                let busy = try await repo.secretaryctl("unmount", repo.mountpoint.string)
                #expect(busy.status == 81)
                #expect(busy.errors.contains("busy") && busy.errors.contains("--lazy"), "\(busy.errors)")
                #expect(try await repo.secretaryctl("unmount", "--lazy", repo.mountpoint.string).status == 0)
                #expect(try await Leftovers.mounts(of: repo).isEmpty)
                _ = try await repo.shell("rm $OUT/wait")
                #expect(try await reader.end() == 0)
                let text = String(decoding: try Scratch.read(repo.output.appending("reader")), as: UTF8.self)
                #expect(text.hasSuffix("s3cret"))
                try await eventually("the server ends when nothing is open any more") { !mount.server.isRunning }
            }
        }

        @Test("whoever unmounts, the server ends", arguments: Account.all)
        func foreignUnmount(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                let mount = try await mount(repo)
                let program = account == .root ? "umount $M" : "fusermount3 -u $M"
                #expect(try await repo.shell(program).status == 0)
                try await eventually("the server ends") { !mount.server.isRunning }
            }
        }

        @Test("--foreground stays, and says on --ready-fd when the files can be read")
        func foreground() async throws {
            try await TestRepo.with { (repo) async throws in
                try makeSource(repo)
                let script = """
                    mkfifo $OUT/ready; exec 4<>$OUT/ready
                    secretaryctl mount --foreground --ready-fd 5 web.yml $M 5>$OUT/ready & server=$!
                    read line <&4; echo $line; cat $M/password; echo
                    kill -0 $server; secretaryctl unmount $M; wait $server; echo ended $?
                    """
                let result = try await repo.shell(script)
                #expect(result.text == "ready\ns3cret\nended 0\n", "\(result.errors)")
            }
        }

        @Test("a server whose starter is gone before it is ready leaves no mount")
        func orphan() async throws {
            try await TestRepo.with { (repo) async throws in
                try makeSource(repo)
                // The reader of the pipe is gone from the beginning.
                let script =
                    "secretaryctl mount --foreground --ready-fd 1 web.yml $M | :; true"
                _ = try await repo.shell(script)
                try await eventually("nothing is mounted") { try await Leftovers.mounts(of: repo).isEmpty }
            }
        }

        @Test("the server keeps no pipe of the command that started it: $(…) returns")
        func substitution() async throws {
            try await TestRepo.with { (repo) async throws in
                try makeSource(repo)
                let result = try await repo.shell(
                    "text=$(secretaryctl mount web.yml $M 2>&1); echo \"[$text]\"; secretaryctl unmount $M")
                #expect(result.text == "[]\n", "\(result.errors)")
            }
        }

        @Test("unmount of what is no SecretFS mount says what it is")
        func wrongUnmount() async throws {
            try await TestRepo.with { (repo) async throws in
                let nothing = try await repo.secretaryctl("unmount", repo.mountpoint.string)
                #expect(nothing.status == 81)
                #expect(nothing.errors.contains("nothing is mounted"))
                let other = try await repo.secretaryctl("unmount", "/proc")
                #expect(other.status == 81)
                #expect(other.errors.contains("type proc"))
            }
        }
    }
}

extension Sequence {
    /// One after the other.
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
