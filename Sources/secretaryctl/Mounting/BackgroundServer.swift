import Glibc
import SecretFS
import SecretaryCore
import SystemPackage

/// Starts the supervisor of a mount and waits until the files can be read.
enum BackgroundServer {
    /// The descriptor on which the supervisor says that it is ready.
    private static let readyDescriptor: Int32 = 3
    /// The descriptor with private keys, if there are any.
    private static let keysDescriptor: Int32 = 4

    /// What the supervisor does when it is ready.
    static var readiness: Readiness {
        Readiness(descriptor: FileDescriptor(rawValue: readyDescriptor), leavesStandardError: true)
    }

    /// - Parameter arguments: those of `mount`.
    /// - Throws: `ReportedFailure` with the server's own status when it fails; it has said why.
    static func start(arguments: [String]) throws {
        let (output, input) = try FileDescriptor.pipe()
        defer { try? output.close() }
        let server: pid_t
        do {
            defer { try? input.close() }
            server = try spawn(arguments, ready: input)
        }
        if try heard(from: output) { return }
        switch ExitStatus(waitingFor: server) {
        case .exited(let status): throw ReportedFailure(status: status)
        case .killed(let signal):
            Report.error("the server was killed by signal \(signal) before it was ready")
            throw ReportedFailure(status: SecretaryError.Code.mount.rawValue)
        }
    }

    private static func heard(from output: FileDescriptor) throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: Readiness.line.utf8.count)
        return try unsafe bytes.withUnsafeMutableBytes { try unsafe output.read(into: $0) } > 0
    }

    /// The supervisor is this program once more, in a session of its own, so that no terminal ends it.
    ///
    /// Its errors go where ours go.
    private static func spawn(_ arguments: [String], ready: FileDescriptor) throws -> pid_t {
        let parts = try KeyHandover.parts()
        defer { try? parts.keys?.close() }
        var server = ChildProgram(ChildProgram.own, ["secretaryctl", "mount", "--in-background"])
        server.descriptors = [(ready, readyDescriptor)]
        if let keys = parts.keys {
            server.descriptors.append((keys, keysDescriptor))
            server.arguments += ["--keys-fd", String(keysDescriptor)]
        }
        server.arguments += arguments
        // Above all not the pipe's other end: the server must notice when nobody listens any more.
        server.isolatesDescriptors = true
        server.isSilent = true
        server.group = .newSession
        do {
            return try unsafe server.start(environment: parts.environment)
        } catch {
            throw SecretaryError(.system, "cannot start the server: \(error)")
        }
    }
}
