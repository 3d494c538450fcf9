internal import Glibc
internal import SystemPackage

/// The state beside a file of a log, for those who verify the log while it may be written.
struct AuditWriterState {
    private let file: AuditOpenFile

    /// - Returns: `nil` where there is none that may be read.
    init?(beside log: FilePath) {
        guard let file = try? AuditOpenFile.open(AuditPaths(log).state, flags: O_RDONLY, forbidden: 0o077) else {
            return nil
        }
        self.file = file
    }

    /// Lends the moment in which no process has the log open to write to it: then the file and its state belong together.
    /// - Parameter body: is told whether it is such a moment; if so, a writer that would begin waits for it.
    func whileQuiet<Result>(_ body: (Bool) throws(SecretaryError) -> Result) throws(SecretaryError) -> Result {
        let isQuiet = flock(file.descriptor, LOCK_SH | LOCK_NB) == 0
        defer { if isQuiet { flock(file.descriptor, LOCK_UN) } }
        return try body(isQuiet)
    }

    /// The number of the next record of a log; `nil` when it is another log's state, or cannot be had whole.
    func next(of log: String) throws(SecretaryError) -> UInt64? {
        // It may be read while it is written.
        for _ in 0..<10 {
            guard let state = try AuditStateFile.read(file) else { continue }
            return state.identifier.hexadecimal == log ? state.sequence : nil
        }
        return nil
    }
}
