internal import Glibc
internal import SystemPackage

/// Writes the chained log of one file; used by one thread at a time.
///
/// What is confirmed is: the line is in the file, whole, and the state in `FILE.state` is the one after it.
final class AuditFileWriter {
    let paths: AuditPaths
    let settings: AuditSettings
    let stateFile: AuditStateFile
    /// Whether records are to be on the disk before they are confirmed.
    private let syncsEach: Bool
    var chain: AuditChain
    /// The state after the last line that is in the file for certain.
    private var confirmed: AuditState
    /// `nil` before the first record and between two files.
    var file: AuditOpenFile?
    var identity: AuditOpenFile.Identity?
    /// Gets the lines that have been written.
    private let copy: (ArraySlice<UInt8>) -> Void
    /// What the next `recovered` record has to tell, whatever else is found.
    var standingReasons: [String] = []
    var reasons: [String] = []
    /// Records that were confirmed and are no longer there, for the same.
    var lost: UInt64 = 0

    /// Opens the log, or makes a new one, and sets right what a crash has left.
    /// - Parameter backlog: where records will come from.
    /// - Throws: `.cannotCreate` when another process writes it, or it cannot be made; `.denied` when others may change it.
    init(
        _ settings: AuditSettings, _ path: FilePath, backlog: AuditBacklog? = nil, patience: Duration,
        copy: @escaping (ArraySlice<UInt8>) -> Void
    ) throws(SecretaryError) {
        self.settings = settings
        syncsEach = settings.sync == .record || (settings.sync == .group && backlog == nil)
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
        if chain.state.sequence == 1, chain.state.isBetweenFiles, chain.state.length == 0 {
            if settings.auditor == nil { try AuditKeyFile.add(chain.state, to: paths.key) }
            try stateFile.write(&chain.state)
            try stateFile.file.sync()
            paths.syncFolder()
        }
        try prepare()
        // From another backlog than the one before, or none, all records are new.
        if chain.state.backlog != backlog?.identifier ?? 0 {
            (chain.state.backlog, chain.state.taken) = (backlog?.identifier ?? 0, 0)
            try confirm()
        }
        backlog?.begin(after: chain.state.taken)
    }

    /// Writes records, all in one call.
    /// - Throws: `.io` when they may not be in the file; what became of them is found out before the next is written.
    func write(_ records: [AuditRecord]) throws(SecretaryError) {
        try prepare()
        for record in records { try seal(record.event, at: record.time) { $0.add(record) } }
        try flush()
    }

    /// Writes the older records of the backlog, all in one call; they leave it.
    /// - Throws: as the other.
    func write(_ backlog: AuditBacklog) throws(SecretaryError) {
        try prepare()
        try unsafe backlog.forEach { (number, event, time, members) throws(SecretaryError) in
            // Otherwise it is in the file: who wrote it could not take it out of the backlog any more.
            guard number >= chain.state.taken else { return }
            try seal(event, at: time) { unsafe $0.add(members: members) }
        }
        try flush()
        backlog.forget()
    }

    private func seal(
        _ event: AuditEvent, at time: Int64, _ fields: (inout AuditText) -> Void
    ) throws(SecretaryError) {
        try chain.append(event, at: time, fields)
        if chain.state.unsignedCount >= settings.checkpointInterval { try chain.append(.checkpoint, at: time) { _ in } }
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
        if syncsEach { try file.sync() }
        copy(lines)
    }

    /// Goes on as if everything in the file up to here were our own.
    func confirm() throws(SecretaryError) {
        try stateFile.write(&chain.state)
        confirmed.assign(chain.state)
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
