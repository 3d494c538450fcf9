internal import Glibc
internal import SystemPackage

/// Writes the chained log of one file; used by one thread at a time.
///
/// What is confirmed is: the line is in the file, whole, and the state in `FILE.state` is the one after it.
final class AuditFileWriter {
    let paths: AuditPaths
    let settings: AuditSettings
    let stateFile: AuditStateFile
    var chain: AuditChain
    /// The state after the last line that is in the file for certain.
    private var confirmed: AuditState
    /// `nil` before the first record and between two files.
    var file: AuditOpenFile?
    var identity: AuditOpenFile.Identity?
    /// Gets the lines that have been written.
    private let copy: (ArraySlice<UInt8>) -> Void
    private let flusher: AuditFlusher?
    /// What the next `recovered` record has to tell, whatever else is found.
    var standingReasons: [String] = []
    var reasons: [String] = []
    /// Records that were confirmed and are no longer there, for the same.
    var lost: UInt64 = 0

    /// Opens the log, or makes a new one, and sets right what a crash has left.
    /// - Throws: `.cannotCreate` when another process writes it, or it cannot be made; `.denied` when others may change it.
    init(
        _ settings: AuditSettings, _ path: FilePath, patience: Duration, copy: @escaping (ArraySlice<UInt8>) -> Void
    ) throws(SecretaryError) {
        self.settings = settings
        self.copy = copy
        paths = AuditPaths(path)
        stateFile = try AuditStateFile(paths.state, patience: patience)
        var content = try stateFile.read()
        if let state = content.state.take() {
            chain = AuditChain(state)
        } else {
            chain = AuditChain(try AuditState())
            if !content.isEmpty { standingReasons = ["\(paths.state) was not whole: a new chain begins"] }
        }
        confirmed = try AuditState(copying: chain.state)
        flusher = settings.sync == .group ? try AuditFlusher(stateFile) : nil
        if chain.state.sequence == 1, chain.state.isBetweenFiles, chain.state.length == 0 {
            if settings.auditor == nil { try AuditKeyFile.add(chain.state, to: paths.key) }
            try stateFile.write(&chain.state)
            try stateFile.file.sync()
            paths.syncFolder()
        }
        try prepare()
    }

    /// Writes records, all in one call.
    /// - Throws: `.io` when they may not be in the file; what became of them is found out before the next is written.
    func write(_ records: [AuditRecord]) throws(SecretaryError) {
        try prepare()
        for record in records {
            try chain.append(record.event, at: record.time) { $0.add(record) }
            if chain.state.unsignedCount >= settings.checkpointInterval {
                try chain.append(.checkpoint, at: record.time) { _ in }
            }
        }
        try flush()
    }

    /// Writes the lines that have been sealed, and the state after them.
    func flush() throws(SecretaryError) {
        defer { chain.removeLines() }
        guard let file else { throw SecretaryError(.io, "\(paths.log) is not open") }
        let lines = chain.lines.bytes[...]
        do throws(SecretaryError) {
            try file.append(lines)
        } catch {
            // As if nothing had been sealed: a whole line that is there nevertheless is found by `prepare`.
            chain.state.assign(confirmed)
            throw error
        }
        try stateFile.write(&chain.state)
        confirmed.assign(chain.state)
        switch settings.sync {
        case .record: try file.sync()
        case .group: try flusher?.note(file)
        case .none: break
        }
        copy(lines)
    }

    /// Goes on as if everything in the file up to here were our own.
    func confirm() throws(SecretaryError) {
        try stateFile.write(&chain.state)
        confirmed.assign(chain.state)
    }

    deinit {
        flusher?.stop()
    }

    /// Whether a call may take as long as somebody else likes.
    var mayHang: Bool { !FileSystemKind.isLocal(stateFile.file.descriptor) }

    /// Waits until everything is on the disk.
    func sync() throws(SecretaryError) {
        try file?.sync()
        try stateFile.file.sync()
    }

    /// What the first record of a file says, for those who verify it.
    func addHeader(to line: inout AuditText) throws(SecretaryError) {
        line.add("format", 1)
        line.add("log", hexadecimal: chain.state.identifier)
        line.add("previous", hexadecimal: chain.state.link)
        line.add("epoch", chain.state.epoch)
        line.add("public_key", hexadecimal: try chain.publicKey)
        if let auditor = settings.auditor {
            line.add("auditor", auditor.id.description)
            line.add("sealed_key", hexadecimal: try SealedKey.seal(chain.state, for: auditor))
        }
    }
}
