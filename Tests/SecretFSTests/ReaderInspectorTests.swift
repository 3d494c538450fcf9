import Foundation
import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@testable import SecretFS

@Suite("Finding out who reads", .serialized)
struct ReaderInspectorTests {
    private let inspector = ReaderInspector()

    private func look(_ thread: pid_t, forRules: Bool = true) -> ReaderProcess {
        inspector.reader(of: Caller(uid: 7, gid: 8, thread: thread), forRules: forRules)
    }

    private func path(_ program: String) throws -> String {
        let resolved = unsafe try #require(unsafe realpath(program, nil))
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    @Test("a process has a start time, a program and a control group; user and group are the kernel's word")
    func whole() throws {
        let program = try RunningProgram("/usr/bin/cat")
        let reader = look(program.pid)
        #expect(reader.uid == 7 && reader.gid == 8)
        #expect(reader.pid == program.pid)
        #expect(reader.executable == (try path("/usr/bin/cat")))
        #expect(reader.sharesMountNamespace)
        #expect(reader.cgroup?.hasPrefix("/") == true)
        let fields = String(decoding: try Scratch.read(FilePath("/proc/\(program.pid)/stat")), as: UTF8.self).split(
            separator: " ")
        #expect(reader.startTime.map { "\($0)" } == String(fields[21]))
        #expect(look(program.pid) == reader, "what is remembered is the same")
        #expect(inspector.reader(of: Caller(uid: 9, gid: 10, thread: program.pid)).uid == 9, "and the user is not")
    }

    @Test("whether something is mounted where a process is can be told, though it was forgotten since it was looked at")
    func forgotten() throws {
        let whole = try #require(try MountTable().entries.first { $0.root == "/" })
        let inspector = ReaderInspector { whole.device }
        let programs = try (0...ReaderInspector.capacity).map { _ in try RunningProgram("/usr/bin/cat") }
        let callers = programs.map { Caller(uid: 7, gid: 8, thread: $0.pid) }
        for caller in callers {
            _ = inspector.reader(of: caller)
            for (volume, isMounted) in [("", true), ("nothing", false)] {
                #expect(inspector.hasMounted(volume, caller: caller, willWait: {}) == isMounted)
            }
        }
        #expect(inspector.hasMounted("", caller: callers[0], willWait: {}))
        programs[0].end()
        #expect(!inspector.hasMounted("", caller: callers[0], willWait: {}), "nobody is there any more")
    }

    @Test("where one that has ended saw a volume does not count for who has its number next")
    func forgottenAtItsEnd() throws {
        let whole = try #require(try MountTable().entries.first { $0.root == "/" })
        let inspector = ReaderInspector { whole.device }
        let program = try RunningProgram("/usr/bin/cat")
        let caller = Caller(uid: 7, gid: 8, thread: program.pid)
        _ = inspector.reader(of: caller)
        #expect(inspector.hasMounted("", caller: caller, willWait: {}))
        program.end()
        // As for somebody who cannot be looked at, because no descriptor is left.
        #expect(inspector.reader(of: caller).cgroup == nil)
        #expect(!inspector.hasMounted("", caller: caller, willWait: {}))
    }

    @Test("a thread is its process")
    func threads() async throws {
        let (thread, reader) = try await Task.detached {
            let thread = try #require(pid_t(path("/proc/thread-self").split(separator: "/").last ?? ""))
            return (thread, look(thread))
        }.value
        #expect(thread != getpid())
        #expect(reader == look(getpid()))
        #expect(reader.pid == getpid() && reader.startTime != nil)
    }

    @Test("another program in the same process is noticed", arguments: [true, false])
    func execution(forRules: Bool) throws {
        let program = try RunningProgram("/bin/sh", "-c", "read line; exec /usr/bin/cat")
        let (shell, cat) = (try path("/bin/sh"), try path("/usr/bin/cat"))
        try eventually("the shell runs") { look(program.pid, forRules: forRules).executable == shell }
        let before = look(program.pid, forRules: forRules)
        try program.write("go")
        try eventually("the shell is cat") { look(program.pid, forRules: forRules).executable == cat }
        #expect(look(program.pid, forRules: forRules).startTime == before.startTime)
    }

    @Test("of a process that has ended nothing is known, remembered or not", arguments: [true, false])
    func ended(forRules: Bool) throws {
        let (known, unknown) = (try RunningProgram("/usr/bin/cat"), try RunningProgram("/usr/bin/cat"))
        #expect(look(known.pid, forRules: forRules).executable != nil)
        for program in [known, unknown] {
            program.end()
            #expect(look(program.pid, forRules: forRules) == ReaderProcess(uid: 7, gid: 8, pid: program.pid))
        }
    }

    @Test(
        "a process that gets the number of one that has ended is not taken for it",
        .enabled(if: geteuid() == 0, "only root can choose a number"), arguments: [true, false])
    func reuse(forRules: Bool) throws {
        // Somebody else may take the number first.
        for _ in 0..<200 {
            let first = try RunningProgram("/usr/bin/cat")
            let before = look(first.pid, forRules: forRules)
            first.end()
            let last = unsafe try FileDescriptor.open("/proc/sys/kernel/ns_last_pid", .writeOnly)
            _ = try last.closeAfter { try last.writeAll("\(first.pid - 1)".utf8) }
            let second = try RunningProgram("/usr/bin/sleep", "60")
            guard second.pid == first.pid else { continue }
            try eventually("sleep runs") {
                try look(second.pid, forRules: forRules).executable == path("/usr/bin/sleep")
            }
            #expect(look(second.pid, forRules: forRules).pid == before.pid)
            #expect(before.executable == (try path("/usr/bin/cat")))
            return
        }
        Issue.record("no number was used again")
    }

    @Test("a kernel thread runs no program, and a reader in another pid namespace has no number")
    func unknown() {
        #expect(look(2).executable == nil)
        #expect(look(0) == ReaderProcess(uid: 7, gid: 8, pid: 0))
        #expect(look(-1) == ReaderProcess(uid: 7, gid: 8, pid: -1))
    }

    @Test(
        "a program in another mount namespace has the same path, and does not count as here",
        .enabled(if: geteuid() == 0, "only root can make one"))
    func elsewhere() throws {
        let program = try RunningProgram("/usr/bin/unshare", "--mount", "/usr/bin/cat")
        let cat = try path("/usr/bin/cat")
        try eventually("cat runs") { look(program.pid).executable == cat }
        #expect(!look(program.pid).sharesMountNamespace)
    }

    @Test("a program whose file is gone is marked")
    func deleted() async throws {
        let scratch = try Scratch()
        try await scratch.writeProgram("program", try Scratch.read(FilePath(path("/usr/bin/cat"))))
        let program = try RunningProgram(scratch["program"].string)
        #expect(look(program.pid).executable == scratch["program"].string)
        #expect(unsafe unlink(scratch["program"].string) == 0)
        #expect(look(program.pid).executable == "\(scratch["program"]) (deleted)")
    }

    @Test("few descriptors are kept, however many have asked")
    func bounded() throws {
        var folders: Set<String> = []
        for _ in 0..<3 {
            let programs = try (0..<50).map { _ in try RunningProgram("/usr/bin/cat") }
            for program in programs { #expect(look(program.pid).executable != nil) }
            folders.formUnion(programs.map { "/proc/\($0.pid)" })
        }
        // Only those of these programs: other tests open what they need meanwhile.
        let kept = try Scratch.list("/proc/self/fd").count { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
            return target.map { target in folders.contains { target.hasPrefix($0) } } ?? false
        }
        #expect((1...2 * 64).contains(kept))
    }
}
