import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// Whatever happens to a source, readers keep what was there before, the status names what is wrong, and the mount
    /// follows the source again when that is mended.
    @Suite("A source breaks, and is mended")
    struct Faults {
        struct Fault: Sendable, CustomTestStringConvertible {
            let testDescription: String
            /// For the shell, `$F` is the file.
            let script: String
            /// What the status says.
            let reason: String
            /// As root nothing is unreadable.
            var account = Account.root

            init(_ description: String, _ script: String, _ reason: String, account: Account = .root) {
                testDescription = description
                self.script = script
                self.reason = reason
                self.account = account
            }
        }

        /// What can take the place of a file.
        private static let replacements = [
            // Put in place at once, as a file that is gone for a moment is a secret less.
            Fault("a FIFO", "mkfifo $F.new; mv -T $F.new $F", "app.yml is a FIFO"),
            Fault(
                "a socket",
                "python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' $F.new; mv -T $F.new $F",
                "app.yml is a socket"),
            Fault("a dangling link", "ln -sfn /nowhere $F", "app.yml"),
            Fault(
                "a link to itself",
                "ln -s app.yml $F.new; python3 -c 'import os, sys; os.rename(*sys.argv[1:])' $F.new $F", "app.yml"),
            Fault("a broken file", "echo 'key: [' >$F", "app.yml:"),
            Fault("an unreadable file", "chmod 000 $F", "app.yml", account: .nobody),
        ]

        private func check(_ fault: Fault, source: String, file: String) async throws {
            try await TestRepo.with(fault.account) { repo in
                let good = "key: \(try repo.seal("good"))\n"
                try repo.write(file, good)
                try repo.give(repo.root)
                let name = source == file ? "key" : "app.yml/key"
                try await repo.mounted(source) { mount in
                    #expect(try await mount.read(name).text == "good")
                    let variables = ["F": repo.root.appending(file).string]
                    let result = try await repo.shell(fault.script, environment: variables)
                    #expect(result.status == 0, "\(result.errors)")
                    try await mount.becomes("outdated", because: fault.reason)
                    #expect(try await mount.read(name).text == "good")
                    _ = try await repo.shell("rm -rf $F", environment: variables)
                    try repo.write(file, "key: \(try repo.seal("mended"))\n")
                    try await eventually("the source is followed again") {
                        try await mount.read(name).text == "mended"
                    }
                    try await mount.becomes("current")
                }
            }
        }

        @Test(
            "the file that is the source is replaced by something else, or is gone",
            arguments: replacements + [
                Fault("nothing", "rm $F", "app.yml"), Fault("nothing, moved", "mv $F $F.away", "app.yml"),
                Fault("a folder", "rm $F; mkdir $F", "is a folder now"),
            ])
        func file(fault: Fault) async throws {
            try await check(fault, source: "app.yml", file: "app.yml")
        }

        @Test("a file of a folder that is the source is replaced by something else", arguments: replacements)
        func fileOfFolder(fault: Fault) async throws {
            try await check(fault, source: "conf", file: "conf/app.yml")
        }

        @Test("a source on a file system that hangs stops no reader, and does not keep the mount from ending")
        func hungFileSystem() async throws {
            try await TestRepo.with { repo in
                // The source of one mount is a file of another, whose server is then stopped.
                let envelope = try repo.seal("good")
                try repo.write("inner/app.yml", "key: \(try repo.seal(envelope))\n")
                let inside = repo.place.appending("inside")
                try repo.makeFolder(inside)
                let inner = try await Mount(repo, "inner", ["--layout", "files"], at: inside)
                try #require(
                    unsafe symlink(inside.appending("app.yml").string, repo.root.appending("app.yml").string) == 0)
                let outer = try await Mount(repo, "app.yml", ["--deadline", "1"], at: repo.mountpoint)
                #expect(try outer.text("key") == "good")

                func hang() async throws {
                    for process in [inner.server, inner.worker] { try process.signal(SIGSTOP) }
                    // What the kernel remembers of the file system does not hang.
                    _ = try await repo.run("sh", ["-c", "echo 2 >/proc/sys/vm/drop_caches"])
                    try repo.write("other.yml", "x: y")
                    try await outer.becomes("outdated", because: "the source has not answered since ")
                    #expect(try outer.text("key") == "good")
                    #expect(try Scratch.list(outer.path) == [".secretary", "key"])
                }
                func goOn() throws {
                    for process in [inner.server, inner.worker] { try process.signal(SIGCONT) }
                }
                defer { try? goOn() }
                try await hang()
                try goOn()
                try await outer.becomes("current")
                try await hang()
                // Another worker cannot read it either, and shows what it can.
                try outer.worker.signal(SIGKILL)
                #expect(try Scratch.list(outer.path) == [".secretary", "key"])
                #expect(throws: Errno.timedOut) { try outer.text("key") }
                try goOn()
                try await outer.becomes("current")
                #expect(try outer.text("key") == "good")
                try await hang()
                try outer.server.signal(SIGTERM)
                try await eventually("the server ends", within: .seconds(20)) {
                    !outer.server.isRunning && !outer.worker.isRunning
                }
                // A mount that begins says what it waits for.
                let mounting = try await repo.start(
                    "secretaryctl", ["mount", "app.yml", repo.mountpoint.string], output: "mounting")
                try await eventually("it says so") {
                    let said = String(decoding: try Scratch.read(repo.output.appending("mounting")), as: UTF8.self)
                    return said.contains("still reading the source \(repo.root.appending("app.yml"))")
                }
                try goOn()
                #expect(try await mounting.end() == 0)
                try await Mount(repo, at: repo.mountpoint).end(#_sourceLocation)
                try await inner.end(#_sourceLocation)
            }
        }

        @Test("without a free descriptor what is mounted is read all the same, and the source is followed later")
        func noDescriptors() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "held: \(try repo.seal("1"))\nsealed: \(try repo.seal("2"))\n")
                try await repo.mounted("app.yml") { mount in
                    #expect(try mount.text("held") == "1")
                    let worker = "\(mount.worker.pid)"
                    let count = try mount.worker.descriptors().count
                    _ = try await repo.run("prlimit", ["--pid", worker, "--nofile=\(count):"])
                    #expect(try mount.text("held") == "1")
                    #expect(try mount.text("sealed") == "2")
                    try repo.write("app.yml", "held: \(try repo.seal("3"))\nsealed: \(try repo.seal("4"))\n")
                    try await mount.becomes("outdated", because: "Too many open files")
                    #expect(try mount.text("sealed") == "2")
                    _ = try await repo.run("prlimit", ["--pid", worker, "--nofile=1024:"])
                    try await mount.shows(["held": "3", "sealed": "4"])
                    try await mount.becomes("current")
                }
            }
        }

        @Test(
            "ten thousand files that are replaced at once are read whole meanwhile, and arrive in bounded time and memory"
        )
        func tenThousandFiles() async throws {
            let count = 10_000
            try await TestRepo.with { repo in
                for (folder, secret) in [("conf", "old"), ("next", "new")] {
                    let text = "key: \(try repo.seal(secret))\n"
                    try repo.makeFolder(repo.root.appending(folder))
                    for number in 0..<count {
                        let file = try FileDescriptor.open(
                            repo.root.appending("\(folder)/\(number).yml"), .writeOnly, options: [.create],
                            permissions: [.ownerReadWrite])
                        try file.closeAfter { _ = try file.writeAll(text.utf8) }
                    }
                }
                try await repo.mounted("conf") { mount in
                    let before = try mount.worker.memory().anonymous
                    for number in 0..<count {
                        let (next, present) = ("next/\(number).yml", "conf/\(number).yml")
                        try #require(
                            unsafe rename(
                                repo.root.pushing(FilePath(next)).string, repo.root.pushing(FilePath(present)).string)
                                == 0)
                        if number % 50 == 0 {
                            let text = try mount.text("\(Int.random(in: 0..<count)).yml/key")
                            #expect(text == "old" || text == "new")
                        }
                    }
                    let began = ContinuousClock.now
                    var newFiles = 0
                    try await eventually("all are new", within: .seconds(300)) {
                        while newFiles < count {
                            let text = try mount.text("\(newFiles).yml/key")
                            if text != "new" {
                                #expect(text == "old")
                                return false
                            }
                            newFiles += 1
                        }
                        return true
                    }
                    let time = ContinuousClock.now - began
                    let growth = try mount.worker.memory().anonymous - before
                    print("faults: 10,000 files replaced at once were read \(time) later, memory grew by \(growth) KiB")
                    #expect(growth < 128 << 10)
                    try await mount.becomes("current")
                }
            }
        }
    }
}
