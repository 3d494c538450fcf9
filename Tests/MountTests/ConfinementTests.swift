import Glibc
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// What the processes of a mount may still do, as the kernel says.
    @Suite("Confinement")
    struct Confinement {
        private func makeSource(_ repo: TestRepo) throws {
            try repo.write("app.yml", "password: \(try repo.seal("s3cret"))\n")
        }

        /// A field of `/proc/PID/status`.
        private func field(_ name: String, of process: ServerProcess) throws -> Substring {
            let text = String(decoding: try Scratch.read(FilePath("/proc/\(process.pid)/status")), as: UTF8.self)
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(name):") })
            return try #require(line.split(separator: "\t").last)
        }

        private static let none = "0000000000000000"
        /// `CAP_DAC_READ_SEARCH` and `CAP_LEASE`.
        private static let reading = "0000000010000004"

        @Test("the worker has no privileges but to read, and makes no other system calls", arguments: Account.all)
        func worker(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                try await repo.mounted("app.yml") { (mount) async throws in
                    #expect(try await mount.read("password").text == "s3cret")
                    let worker = mount.worker
                    let kept = account == .root ? Self.reading : Self.none
                    #expect(try field("CapPrm", of: worker) == kept)
                    #expect(try field("CapEff", of: worker) == kept)
                    #expect(try field("CapInh", of: worker) == Self.none)
                    #expect(try field("CapAmb", of: worker) == Self.none)
                    #expect(try field("NoNewPrivs", of: worker) == "1")
                    #expect(try field("Seccomp", of: worker) == "2")
                    // Threads have privileges of their own.
                    let threads = try Scratch.list(FilePath("/proc/\(worker.pid)/task"))
                    #expect(threads.count > 2)
                    for thread in threads {
                        let path = "/proc/\(worker.pid)/task/\(thread)/status"
                        let text = String(decoding: try Scratch.read(FilePath(path)), as: UTF8.self)
                        #expect(text.contains("CapEff:\t\(kept)\n") && text.contains("Seccomp:\t2\n"))
                    }
                }
            }
        }

        @Test("the supervisor keeps what it needs to unmount and to start workers, and can", arguments: Account.all)
        func supervisor(account: Account) async throws {
            try await TestRepo.with(account) { (repo) async throws in
                try makeSource(repo)
                try await repo.mounted("app.yml") { (mount) async throws in
                    let server = mount.server
                    // CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_SYS_ADMIN and CAP_LEASE.
                    let kept = account == .root ? "0000000010280004" : Self.none
                    #expect(try field("CapPrm", of: server) == kept)
                    #expect(try field("CapEff", of: server) == kept)
                    if account == .root { #expect(try field("CapBnd", of: server) == kept) }
                    // An ordinary user's has to run fusermount3.
                    #expect(try field("NoNewPrivs", of: server) == (account == .root ? "1" : "0"))

                    try mount.worker.signal(SIGKILL)
                    try await eventually("another worker serves") {
                        try await mount.status().number("worker_pid") != Int(mount.worker.pid)
                    }
                    let second = try ServerProcess(pid: pid_t(try await mount.status().number("worker_pid")))
                    #expect(try field("CapEff", of: second) == (account == .root ? Self.reading : Self.none))
                    #expect(try field("Seccomp", of: second) == "2")
                    try server.signal(SIGTERM)
                    try await eventually("the mount ends") { !server.isRunning }
                    let mounts = try await Leftovers.mounts(of: repo)
                    #expect(mounts == [])
                    // For the end of the test.
                    _ = try await Mount(repo, "app.yml", [], at: repo.mountpoint)
                }
            }
        }

        @Test("sources that only root may read are read and followed without the privilege to change them")
        func privateSource() async throws {
            try await TestRepo.with { (repo) async throws in
                try makeSource(repo)
                try repo.makeFolder(repo.root.appending("conf"))
                try repo.write("conf/app.yml", "password: \(try repo.seal("s3cret"))\n")
                let folder = repo.root.appending("conf").string
                let file = folder + "/app.yml"
                #expect(unsafe chown(file, Account.nobody.number, Account.nobody.number) == 0)
                #expect(unsafe chown(folder, Account.nobody.number, Account.nobody.number) == 0)
                #expect(unsafe chmod(file, 0o600) == 0)
                #expect(unsafe chmod(folder, 0o700) == 0)
                try await repo.mounted("conf/app.yml") { (mount) async throws in
                    try await mount.shows("password", "s3cret")
                    try repo.write("conf/app.yml", "password: \(try repo.seal("changed"))\n")
                    #expect(unsafe chmod(file, 0o600) == 0)
                    try await mount.shows("password", "changed")
                }
            }
        }

        @Test("memory that cannot be locked is said at the mount, and nothing else changes")
        func lockedMemory() async throws {
            try await TestRepo.with(.nobody) { (repo) async throws in
                let values = try (0..<40).map { "v\($0): \(try repo.seal("secret \($0)"))\n" }
                try repo.write("app.yml", values.joined())
                let result = try await repo.shell(
                    "ulimit -l 64; secretaryctl mount app.yml $M; cd $M; exec 3<v0; cat v*; cat v1 >/dev/null")
                #expect(result.status == 0, "\(result.errors)")
                #expect(result.errors.contains("secretaryctl: warning: no more than 64 KiB of memory may be locked"))
                #expect(result.errors.contains("hint: raise the limit: ulimit -l, LimitMEMLOCK="), "\(result.errors)")
                #expect(Set(result.text.split(separator: "secret ")) == Set((0..<40).map { "\($0)"[...] }))
                let status = try await MountStatus(repo, at: repo.mountpoint)
                #expect(status.text.contains("\"no more than 64 KiB of memory may be locked"), "\(status.text)")
                #expect(status.text.contains("secrets were in memory that can be swapped out"), "\(status.text)")
                #expect(try await repo.secretaryctl("unmount", repo.mountpoint.string).status == 0)
            }
        }
    }
}
