import Glibc
import SystemPackage
import TestSupport
import Testing

/// What `hanging-mount` waits for.
final class Gate: Sendable {
    let path: FilePath
    private let writers = Writers()

    init(_ path: FilePath) throws {
        self.path = path
        guard unsafe mkfifo(path.string, 0o600) == 0 else { throw Errno(rawValue: errno) }
    }

    func open() throws {
        writers.add(try FileDescriptor.open(path, .readWrite, options: [.closeOnExec]))
    }

    private final class Writers: @unchecked Sendable {  // one test uses it
        private var all: [FileDescriptor] = []
        func add(_ descriptor: FileDescriptor) { all.append(descriptor) }
        deinit { for descriptor in all { try? descriptor.close() } }
    }
}

struct Reader {
    let child: Child
    let output: FilePath

    private func words() throws -> [Substring] {
        String(decoding: try Scratch.read(output), as: UTF8.self).split { $0 == " " || $0 == "\n" }
    }

    /// Of the program itself, not of what limits its time; `nil` before it has said so.
    private var pid: pid_t? { get throws { try words().first.flatMap { pid_t($0) } } }

    func signal(_ number: Int32) throws {
        guard let pid = try pid else { throw MountFailure("it says no number") }
        guard kill(pid, number) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Whether the kernel waits for an answer to what it does.
    var waitsForAnswer: Bool {
        get throws {
            guard let pid = try pid else { return false }
            let place = String(decoding: try Scratch.read(FilePath("/proc/\(pid)/wchan")), as: UTF8.self)
            return place.contains("request_wait_answer")
        }
    }

    /// What it says once it has ended: a call, and how it went.
    func answer() async throws -> String { try await timedAnswer().text }

    func timedAnswer() async throws -> (text: String, milliseconds: Int) {
        #expect(try await child.end() == 0)
        let words = try words()
        guard words.count == 5, let milliseconds = Int(words[4]) else { throw MountFailure("it says: \(words)") }
        return ("\(words[1]) \(words[2])", milliseconds)
    }
}
