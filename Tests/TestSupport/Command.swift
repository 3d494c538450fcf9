internal import Glibc
internal import Subprocess
public import SystemPackage

/// What a command answered.
public struct CommandResult: Sendable {
    /// The exit status; 128 + the signal's number when a signal ended it, as a shell shows it.
    public let status: Int32
    public let output: [UInt8]
    public let errorOutput: [UInt8]

    /// Standard output as text.
    public var text: String { String(decoding: output, as: UTF8.self) }
    /// Standard error as text.
    public var errors: String { String(decoding: errorOutput, as: UTF8.self) }
    /// Standard error line by line, without empty lines.
    public var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
}

/// A command that was expected to succeed, or a tool that tests need, failed.
public struct CommandFailure: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) {
        self.description = description
    }
}

/// Running the programs under test, and the tools that tests compare them with.
public enum Command {
    /// Runs a program to its end and collects what it writes (up to 64 MiB a stream).
    /// - Parameters:
    ///   - program: a path, or a name that is searched in `$PATH`.
    ///   - input: what it finds on standard input, as a file: a program that does not read it disturbs nobody.
    ///   - environment: all of its environment; `nil` inherits this process's.
    public static func run(
        _ program: String, _ arguments: [String] = [], input: [UInt8] = [], environment: [String: String]? = nil,
        directory: FilePath? = nil
    ) async throws -> CommandResult {
        try await run(
            program, rawArguments: arguments.map { Array($0.utf8) }, input: input,
            rawEnvironment: environment.map { $0.map { Array("\($0.key)=\($0.value)".utf8) } }, directory: directory)
    }

    /// As `run`, with arguments and environment entries (`NAME=value`) that need not be UTF-8.
    public static func run(
        _ program: String, rawArguments: [[UInt8]], input: [UInt8] = [], rawEnvironment: [[UInt8]]?,
        directory: FilePath? = nil
    ) async throws -> CommandResult {
        let result = try await Subprocess.run(
            program.contains("/") ? .path(FilePath(program)) : .name(program),
            // Both lists are C strings: the library hands them to strdup.
            arguments: Arguments(rawArguments.map { $0 + [0] }),
            environment: rawEnvironment.map { .custom($0.map { $0 + [0] }) } ?? .inherit,
            workingDirectory: directory,
            input: .fileDescriptor(try file(holding: input), closeAfterSpawningProcess: true),
            output: .bytes(limit: 64 << 20),
            error: .bytes(limit: 64 << 20))
        return CommandResult(
            status: status(result.terminationStatus), output: result.standardOutput, errorOutput: result.standardError)
    }

    /// Runs a program that has to succeed and answers what it wrote to standard output.
    @discardableResult
    public static func check(
        _ program: String, _ arguments: [String] = [], input: [UInt8] = [], environment: [String: String]? = nil,
        directory: FilePath? = nil
    ) async throws -> [UInt8] {
        let result = try await run(
            program, arguments, input: input, environment: environment, directory: directory)
        guard result.status == 0 else {
            throw CommandFailure(description: "\(program) \(arguments) exited \(result.status): \(result.errors)")
        }
        return result.output
    }

    /// Runs a program with these descriptors, which are closed here once it has started, and `body` beside it.
    /// - Returns: what `body` answered, and the exit status as in `CommandResult`.
    @discardableResult
    public static func whileRunning<Result: Sendable>(
        _ program: String, _ arguments: [String] = [], environment: [String: String], directory: FilePath? = nil,
        input: FileDescriptor? = nil, output: FileDescriptor? = nil, error: FileDescriptor? = nil,
        _ body: (_ pid: Int32) async throws -> Result
    ) async throws -> (Result, status: Int32) {
        _ = ignoresBrokenPipes
        let null = try FileDescriptor.open(FilePath("/dev/null"), .readWrite, options: [.closeOnExec])
        defer { try? null.close() }
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments),
            environment: .custom(
                Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
            ),
            workingDirectory: directory,
            input: .fileDescriptor(input ?? null, closeAfterSpawningProcess: input != nil),
            output: .fileDescriptor(output ?? null, closeAfterSpawningProcess: output != nil),
            error: .fileDescriptor(error ?? null, closeAfterSpawningProcess: error != nil)
        ) { execution in
            try await body(execution.processIdentifier.value)
        }
        return (result.closureResult, status(result.terminationStatus))
    }

    /// Whoever writes to a program that has ended gets EPIPE: the signal would end all tests.
    ///
    /// Programs are started with signals as they are by default, whatever is ignored here.
    private static let ignoresBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    private static func status(_ termination: TerminationStatus) -> Int32 {
        switch termination {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }

    /// An anonymous file with these bytes, positioned at its beginning.
    public static func file(holding bytes: [UInt8]) throws -> FileDescriptor {
        var template = Array("/tmp/secretary-input.XXXXXX".utf8CString)
        let raw = unsafe mkstemp(&template)
        guard raw >= 0 else { throw Errno(rawValue: errno) }
        unsafe unlink(template)
        let descriptor = FileDescriptor(rawValue: raw)
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        try descriptor.writeAll(bytes)
        try descriptor.seek(offset: 0, from: .start)
        return descriptor
    }
}

/// Where the programs under test are.
public enum Programs {
    /// The folder that `swift build` put the programs into: the test program's own, or `SECRETARY_BIN_DIR`.
    public static let folder: FilePath = {
        if let set = unsafe getenv("SECRETARY_BIN_DIR") { return unsafe FilePath(String(cString: set)) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            return unsafe readlink("/proc/self/exe", base, bytes.count)
        }
        return FilePath(String(decoding: buffer[..<max(count, 0)], as: UTF8.self)).removingLastComponent()
    }()

    /// The path of `secretaryctl`.
    public static var secretaryctl: String { folder.appending("secretaryctl").string }
}
