import Glibc
import SystemPackage

/// Tells whoever started the server that the files can be read.
struct Readiness: Sendable {
    let descriptor: FileDescriptor
    /// Whether standard error is left alone from then on: it belongs to whoever started a server in the background, and
    /// may be a pipe that somebody waits on.
    var leavesStandardError = false

    /// The line that is written.
    static let line = "ready\n"

    /// Writes the line and closes the descriptor.
    ///
    /// When nobody listens any more, nobody wants the mount: it ends.
    func announce() {
        // Before the line: whoever has read it may wait for the end of standard error.
        if leavesStandardError { Self.leaveStandardError(for: Self.nowhere()) }
        let isHeard = (try? descriptor.writeAll(Readiness.line.utf8)) != nil
        try? descriptor.close()
        if !isHeard { kill(getpid(), SIGTERM) }
    }

    /// What standard error becomes when it is let go of; a worker opens it before it may open nothing for writing any more.
    static func nowhere() -> FileDescriptor? {
        unsafe try? FileDescriptor.open("/dev/null", .writeOnly, options: .closeOnExec)
    }

    /// Lets go of standard error.
    static func leaveStandardError(for nowhere: FileDescriptor?) {
        guard let nowhere else { return }
        _ = try? nowhere.duplicate(as: .standardError)
        try? nowhere.close()
    }
}
