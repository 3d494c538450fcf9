import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import SecretaryCore

/// The filter itself, in processes of their own: it cannot be taken back.
@Suite("System call filter")
struct SystemCallFilterTests {
    @Test("reading files and starting threads goes on")
    func allowed() async {
        await #expect(processExitsWith: .success) {
            try confine(WorkerNeeds())
            let file = try FileDescriptor.open(FilePath("/proc/self/stat"), .readOnly)
            var buffer = [UInt8](repeating: 0, count: 64)
            try #require(try unsafe buffer.withUnsafeMutableBytes { try unsafe file.read(into: $0) } == 64)
            var thread = pthread_t()
            try #require(unsafe pthread_create(&thread, nil, { _ in nil }, nil) == 0)
            try #require(pthread_join(thread, nil) == 0)
            let secret = try SecretBytes(count: 10000)
            try #require(secret.count == 10000)
        }
    }

    @Test("files cannot be opened for writing, made, renamed or removed")
    func writing() async {
        await #expect(processExitsWith: .success) {
            try confine(WorkerNeeds())
            try #require(fails { unsafe open("/dev/null", O_WRONLY) })
            try #require(fails { unsafe open("/dev/null", O_RDWR) })
            try #require(fails { unsafe open("/tmp/secretary-filter", O_CREAT, 0o600) })
            try #require(fails { unsafe open("/dev/null", O_TRUNC) })
            try #require(fails { unsafe rename("/tmp/a", "/tmp/b") })
            try #require(fails { unsafe unlink("/tmp/a") })
            try #require(fails { unsafe mkdir("/tmp/secretary-filter", 0o700) })
            try #require(fails { unsafe symlink("a", "/tmp/secretary-filter") })
            try #require(fails { unsafe chmod("/tmp/secretary-filter", 0o700) })
            try #require(fails { unsafe truncate("/tmp/secretary-filter", 0) })
        }
    }

    @Test("there are no sockets, processes, signals to others, new limits and no memory to execute")
    func leaving() async {
        await #expect(processExitsWith: .success) {
            try confine(WorkerNeeds())
            try #require(fails { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) })
            try #require(fails { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
            var child: pid_t = 0
            try #require(unsafe posix_spawn(&child, "/bin/true", nil, nil, [nil], [nil]) == EPERM)
            try #require(fails { kill(getppid(), 0) })
            try #require(kill(getpid(), 0) == 0)
            var limits = rlimit()
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            try #require(unsafe getrlimit(resource, &limits) == 0)
            try #require(fails { unsafe setrlimit(resource, &limits) })
            let memory = unsafe mmap(nil, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            try #require(unsafe memory == MAP_FAILED && errno == EPERM)
        }
    }

    @Test("what a worker needs besides is possible, and nothing more")
    func needs() async {
        await #expect(processExitsWith: .success) {
            try confine(WorkerNeeds(writableFolder: "/tmp", usesLocalSockets: true))
            let path = "/tmp/secretary-filter.\(getpid())"
            let file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            try #require(file >= 0)
            try #require(fsync(file) == 0)
            try #require(unsafe rename(path, path + ".1") == 0)
            try #require(unsafe unlink(path + ".1") == 0)
            try #require(socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0) >= 0)
            try #require(fails { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
        }
    }

    @Test("executing a program ends the process")
    func executing() async {
        await #expect(processExitsWith: .signal(SIGSYS)) {
            try confine(WorkerNeeds())
            unsafe execv("/bin/true", [strdup("true"), nil])
        }
    }

    @Test("mounting ends the process")
    func mounting() async {
        await #expect(processExitsWith: .signal(SIGSYS)) {
            try confine(WorkerNeeds())
            unsafe umount2("/nowhere", 0)
        }
    }

    @Test("a server has threads, sockets and files, and starts nothing")
    func server() async {
        await #expect(processExitsWith: .success) {
            try confineServer()
            var thread = pthread_t()
            try #require(unsafe pthread_create(&thread, nil, { _ in nil }, nil) == 0)
            try #require(pthread_join(thread, nil) == 0)
            try #require(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) >= 0)
            try #require(unsafe open("/dev/null", O_RDWR) >= 0)
            var child: pid_t = 0
            try #require(unsafe posix_spawn(&child, "/bin/true", nil, nil, [nil], [nil]) == EPERM)
        }
    }

    @Test("executing a program ends a server, too")
    func serverExecuting() async {
        await #expect(processExitsWith: .signal(SIGSYS)) {
            try confineServer()
            unsafe execv("/bin/true", [strdup("true"), nil])
        }
    }
}

private func confineServer() throws {
    ProcessHygiene.forbidNewPrivileges()
    try #require(try SystemCallFilter.server.install())
}

private func confine(_ needs: WorkerNeeds) throws {
    ProcessHygiene.forbidNewPrivileges()
    try #require(try SystemCallFilter.worker(needs).install())
}

/// Whether a call fails for want of permission.
private func fails(_ call: () -> Int32) -> Bool {
    call() == -1 && errno == EPERM
}
