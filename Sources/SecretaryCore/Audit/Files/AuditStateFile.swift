internal import Glibc
internal import SystemPackage

/// `FILE.state`: what the next writer of the log needs when this one is killed, and the lock that keeps them apart.
///
/// Written in one call after each record, not mapped: what a `write` has put into the kernel's memory outlives the process
/// as well, and a file that somebody cuts off is an error then and not a signal.
final class AuditStateFile: Sendable {
    let file: AuditOpenFile

    /// Opens the file, and locks it for this process.
    /// - Parameter patience: how long the writer before may take to end.
    /// - Throws: `.cannotCreate` when another process writes the log.
    init(_ path: FilePath, patience: Duration) throws(SecretaryError) {
        guard let file = try AuditOpenFile.open(path, flags: O_RDWR | O_CREAT, forbidden: 0o077) else {
            throw SecretaryError(.cannotCreate, "cannot open \(path)")
        }
        self.file = file
        let limit = ContinuousClock.now + patience
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < limit else {
                throw SecretaryError(
                    .cannotCreate, "another process writes the audit log of \(path)",
                    hint: "each log has one writer: name another file, or end the other process")
            }
            usleep(10_000)
        }
    }

    /// What it holds.
    struct Content: ~Copyable {
        /// `nil` when there is nothing, or nothing whole.
        var state: AuditState?
        let isEmpty: Bool
    }

    func read() throws(SecretaryError) -> Content {
        let size = try file.status().size
        guard size > 0 else { return Content(state: nil, isEmpty: true) }
        return Content(state: try Self.read(file), isEmpty: false)
    }

    /// Reads a state straight into guarded memory.
    static func read(_ file: AuditOpenFile) throws(SecretaryError) -> AuditState? {
        let memory = try unsafe SecretBytes(count: AuditState.count) { target in
            _ = unsafe pread(file.descriptor, target.baseAddress, target.count, 0)
        }
        return AuditState.read(memory)
    }

    func write(_ state: inout AuditState) throws(SecretaryError) {
        state.seal()
        try unsafe state.withUnsafeBytes { (bytes) throws(SecretaryError) in try unsafe file.write(bytes, at: 0) }
    }
}
