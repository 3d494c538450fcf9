import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("A mount outlives its workers")
    struct Survival {
        private static let files = 64

        /// How often the worker is killed in all; `$SECRETARY_KILLS` says otherwise.
        private static let kills: Int =
            unsafe getenv("SECRETARY_KILLS").flatMap { unsafe Int(String(cString: $0)) } ?? 300

        /// The text of a file; the programs know it, too.
        private static func text(_ file: Int) -> String {
            let letter = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(file % 26)))
            return "\(file) " + String(repeating: letter, count: 40 + file * 97 % 9000)
        }

        static func makeSource(_ repo: TestRepo) throws {
            let lines = try (0..<files).map { "key\($0): \(try repo.seal(text($0)))\n" }
            try repo.write("many.yml", lines.joined())
        }

        /// What reads while something happens to the server.
        private static let readers: [[String]] =
            [
                "sequential", "sequential", "sequential", "pread", "pread", "pread", "mmap", "mmap", "mmap", "hold",
                "hold",
            ]
            .map { ["survivor", $0, "FOLDER", "\(files)", "STOP"] }
            + [
                ["survivor", "hold", "FOLDER", "\(files)", "STOP"],
                ["survivor", "list", "FOLDER", "\(files)", "STOP"],
                ["python3", "PROGRAMS/survivor.py", "FOLDER", "\(files)", "STOP"],
                ["python3", "PROGRAMS/survivor.py", "FOLDER", "\(files)", "STOP"],
                ["sh", "-euc", copying, "FOLDER", "STOP"],
            ]

        /// Copies all of a mount, again and again.
        private static let copying = """
            count=1; copies=$(mktemp -d -p "$OUT"); cp -r "$0" "$copies/first"
            until test -e "$1"; do
                cp -r "$0" "$copies/next"
                diff -r --exclude .secretary "$copies/first" "$copies/next"
                rm -r "$copies/next"; count=$((count + 1))
            done
            rm -r "$copies"; echo $count $$
            """

        static func reading(_ mount: Mount, _ body: () async throws -> Void) async throws {
            try await reading(mount.repo, at: mount.path, body)
        }

        /// Has everybody read while `body` runs: nobody may get an error or a wrong byte, and nobody may hang.
        /// - Parameters:
        ///   - folder: where the mount is found.
        ///   - entrance: what is put before a command so that it runs where that is.
        /// - Returns: how often each has read.
        @discardableResult
        static func reading(
            _ repo: TestRepo, at folder: FilePath, entrance: [String] = [], _ body: () async throws -> Void
        ) async throws -> [(words: [String], pid: UInt64, reads: Int)] {
            let stop = repo.output.appending("stop")
            let programs = try await PublicPrograms.shared().folder
            _ = try await repo.shell("rm -f $OUT/stop $OUT/reader-*")
            var children: [Child] = []
            for (number, words) in readers.enumerated() {
                let line =
                    entrance
                    + words.map { word in
                        word == "FOLDER"
                            ? folder.string
                            : word == "STOP" ? stop.string : word.replacing("PROGRAMS", with: "\(programs)")
                    }
                children.append(
                    try await repo.start(line[0], Array(line.dropFirst()), output: "reader-\(number)"))
            }
            try await body()
            _ = try await repo.shell(": >$OUT/stop")
            var reads: [(words: [String], pid: UInt64, reads: Int)] = []
            for (number, child) in children.enumerated() {
                let status = try await child.end()
                let said = String(
                    decoding: try Scratch.read(repo.output.appending("reader-\(number)")), as: UTF8.self)
                #expect(status == 0, "\(readers[number].prefix(2)): \(said)")
                let numbers = said.split { $0 == " " || $0 == "\n" }.map { UInt64($0) ?? 0 }
                reads.append((readers[number], numbers.dropFirst().first ?? 0, Int(numbers.first ?? 0)))
                #expect(reads[number].reads > 0, "\(readers[number].prefix(2)) read nothing: \(said)")
            }
            return reads
        }

        private static func killWorkers(of mount: Mount, times: Int) async throws {
            for round in 0..<times {
                // By turns at any moment of its beginning, while it reads the source or takes over, and while it serves.
                // Not only at its beginning: nobody can read from a mount whose workers never get to serve.
                if round % 2 == 1 {
                    try await eventually("another worker serves") {
                        // One that ends meanwhile has none.
                        (try? mount.presentWorker()?.descriptors().contains("/dev/fuse")) ?? false
                    }
                }
                try await Task.sleep(for: .milliseconds(.random(in: 0...100)))
                try? mount.presentWorker()?.signal(SIGKILL)
            }
        }

        @Test("SIGKILL at any moment, again and again: no call fails, no byte is wrong, nobody hangs")
        func kills() async throws {
            try await TestRepo.with { repo in
                try Self.makeSource(repo)
                try await repo.mounted("many.yml") { mount in
                    for _ in 0..<max(1, Self.kills / 100) {
                        try await Self.reading(mount) { try await Self.killWorkers(of: mount, times: 100) }
                    }
                    let status = try await mount.status()
                    print("survival: \(try status.number("restarts")) restarts")
                    #expect(try status.number("restarts") > Self.kills / 2)
                }
            }
        }

        @Test("the same on a kernel that cannot send requests again", arguments: ["strict", "open"])
        func killsWithoutResending(policy: String) async throws {
            try await TestRepo.with { repo in
                try Self.makeSource(repo)
                let mounted = try await repo.secretaryctl(
                    "mount", "--cache", policy, "many.yml", repo.mountpoint.string,
                    environment: ["SECRETARY_WITHOUT_RESEND": "1"])
                #expect(mounted.status == 0, "\(mounted.errors)")
                let mount = try await Mount(repo, at: repo.mountpoint)
                try await Self.reading(mount) { try await Self.killWorkers(of: mount, times: 50) }
                try await mount.end(#_sourceLocation)
            }
        }

        @Test("the same with each page cache policy", arguments: ["strict", "resident"])
        func policies(policy: String) async throws {
            try await TestRepo.with { repo in
                try Self.makeSource(repo)
                try await repo.mounted("many.yml", "--cache", policy) { mount in
                    try await Self.reading(mount) { try await Self.killWorkers(of: mount, times: 50) }
                }
            }
        }

        @Test("the same with an audit log: whoever got a secret is in it, as often, and it verifies")
        func killsWithAuditLog() async throws {
            try await TestRepo.with { repo in
                try Self.makeSource(repo)
                let log = repo.place.appending("audit.log")
                let kills = max(50, Self.kills / 6)
                var readers: [(words: [String], pid: UInt64, reads: Int)] = []
                try await repo.mounted("many.yml", "--audit-file", log.string) { mount in
                    readers = try await Self.reading(repo, at: mount.path) {
                        try await Self.killWorkers(of: mount, times: kills)
                    }
                }
                let result = try await repo.run("secretaryctl", ["audit", "verify", log.string])
                #expect(result.status == 0, "\(result.errors)")
                var opens: [UInt64: Int] = [:]
                _ = try AuditEntry.forEach(in: [log]) { entry in
                    if entry.event == .open { opens[entry.number("pid") ?? 0, default: 0] += 1 }
                }
                // Those that open a file for each read.
                for (words, pid, reads) in readers
                where words[0] == "python3" || ["sequential", "pread", "mmap"].contains(words[1]) {
                    let count = opens[pid] ?? 0
                    // An open that is written down and has no answer yet when the worker dies is asked for again.
                    #expect((reads...reads + kills).contains(count), "\(words[0]) \(words[1]): \(count) of \(reads)")
                }
                print("survival: \(opens.values.reduce(0, +)) opens in the audit log, \(kills) kills")
            }
        }

        @Test("a worker that is stopped for two seconds makes readers wait, and no more")
        func stops() async throws {
            try await TestRepo.with { repo in
                try Self.makeSource(repo)
                try await repo.mounted("many.yml") { mount in
                    try await Self.reading(mount) {
                        for _ in 0..<3 {
                            try mount.presentWorker()?.signal(SIGSTOP)
                            try await Task.sleep(for: .seconds(2))
                            try mount.presentWorker()?.signal(SIGCONT)
                            try await Task.sleep(for: .milliseconds(200))
                        }
                    }
                    #expect(try await mount.status().number("restarts") == 0)
                }
            }
        }

        @Test("an upgrade, again and again, loses no request and no open file; supervisor and worker are new")
        func upgrades() async throws {
            try await TestRepo.with { repo in
                try Self.makeSource(repo)
                try await repo.mounted("many.yml") { mount in
                    try await Self.reading(mount) {
                        for round in 1...20 {
                            // Every other time by the signal alone.
                            if round % 2 == 0 {
                                try await repo.upgrade(mount)
                                continue
                            }
                            try mount.server.signal(SIGUSR2)
                            try await eventually("upgrade \(round)") {
                                try await mount.status().number("upgrades") == round
                            }
                        }
                    }
                    let status = try await mount.status()
                    #expect(try status.number("restarts") == 0)
                    #expect(try status.string("upgrade_error").isEmpty)
                    #expect(try status.number("workers") == 21)
                    #expect(try status.number("pid") == Int(mount.server.pid))
                }
            }
        }

        @Test("a reader with a mount namespace of its own, as in a container, reads on after a crash")
        func container() async throws {
            try await TestRepo.with { repo in
                try Self.makeSource(repo)
                try await repo.mounted("many.yml") { mount in
                    let script = """
                        mkdir $OUT/inside; mount --bind $M $OUT/inside; exec 3<$OUT/inside/key1
                        echo ready; until test -e $OUT/killed; do sleep 0.01; done
                        cat <&3; exec 3<&-; echo; cat $OUT/inside/key2; echo; ls $OUT/inside | wc -l; umount $OUT/inside || true
                        """
                    let reader = try await repo.start(
                        "unshare", ["--mount", "--propagation", "private", "sh", "-euc", script], output: "container")
                    let output = repo.output.appending("container")
                    try await eventually("the container has the mount") {
                        (try? Scratch.read(output)).map { String(decoding: $0, as: UTF8.self) } == "ready\n"
                    }
                    try await Self.killWorkers(of: mount, times: 3)
                    _ = try await repo.shell(": >$OUT/killed")
                    _ = try await reader.end()
                    let said = String(decoding: try Scratch.read(output), as: UTF8.self).split(separator: "\n")
                    #expect(said == ["ready", Self.text(1)[...], Self.text(2)[...], "\(Self.files)"])
                }
            }
        }

        @Test("SIGKILL while the source changes: what is shown at the end is what is there", arguments: Account.all)
        func killsDuringChanges(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try repo.write("web.yml", "password: \(try repo.seal("first"))\nother: \(try repo.seal("x"))\n")
                try repo.give(repo.root)
                try await repo.mounted("web.yml") { mount in
                    for round in 0..<40 {
                        // The kernel is to know the names and the attributes of the version before.
                        _ = try await repo.shell(
                            "stat $M/* >/dev/null; cat $M/password >/dev/null; ls -l $M >/dev/null")
                        let names = round % 2 == 0 ? ["password", "added"] : ["password", "other"]
                        let lines = try names.map { "\($0): \(try repo.seal("value \(round)"))\n" }
                        try repo.write("web.yml", lines.joined())
                        try await Task.sleep(for: .milliseconds(.random(in: 0...15)))
                        try mount.presentWorker()?.signal(SIGKILL)
                        try await eventually("the change of round \(round) is seen") {
                            try await mount.read("password").text == "value \(round)"
                        }
                        try await eventually("the listing of round \(round) is new") {
                            try await repo.shell("ls $M").text == names.sorted().map { $0 + "\n" }.joined()
                        }
                        let gone = round % 2 == 0 ? "other" : "added"
                        #expect(try await repo.attempt("stat", mount[gone]) == "stat: ENOENT")
                    }
                }
            }
        }
    }
}
