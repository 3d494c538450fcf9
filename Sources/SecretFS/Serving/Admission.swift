internal import SecretaryCore

/// The steps between a request to open and the decryption: who reads, the rules about readers, the scopes, the
/// audit log.
///
/// They are taken for every open, also of a secret that somebody has open already: only the decryption is shared.
struct Admission: Sendable {
    private let inspector = ReaderInspector()
    private let trail: AuditTrail?
    private let turn: ServingTurn
    let promptness = Promptness()

    /// - Parameter trail: where each decision is written down.
    init(trail: AuditTrail? = nil, turn: ServingTurn = ServingTurn()) {
        self.trail = trail
        self.turn = turn
    }

    /// Whether `admit` may wait for something outside this process.
    var mayBlock: Bool { trail != nil }

    /// Decides whether the caller may have the file.
    /// - Parameter generation: of the tree that the file was found in.
    /// - Returns: who reads.
    /// - Throws: `.denied` by a rule or a scope; `.io` when that cannot be written down.
    func admit(_ caller: Caller, to file: SecretFile, generation: UInt64) throws(SecretaryError) -> ReaderProcess {
        let reader =
            file.readers.isEmpty && trail == nil
            ? ReaderProcess(uid: caller.uid, gid: caller.gid, pid: caller.thread)
            : inspector.reader(of: caller, forRules: !file.readers.isEmpty, willWait: turn.end)
        let verdict = file.verdict(on: reader)
        do {
            try trail?.note(verdict, on: reader, of: file, generation: generation, willWait: turn.end)
        } catch {
            // A refusal stays one.
            throw verdict.refusal ?? error
        }
        if let refusal = verdict.refusal { throw refusal }
        return reader
    }

    /// Writes down that an open that was allowed has led to nothing.
    func note(_ error: SecretaryError, for reader: ReaderProcess, of file: SecretFile, generation: UInt64) {
        trail?.note(error, for: reader, of: file, generation: generation)
    }
}
