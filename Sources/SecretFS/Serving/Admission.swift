internal import SecretaryCore

/// The steps between a request to open and the decryption: who reads, the rules about readers, the scopes, the
/// audit log.
///
/// They are taken for every open, also of a secret that somebody has open already: only the decryption is shared.
struct Admission: Sendable {
    private let inspector: ReaderInspector
    private let trail: AuditTrail?
    private let engine: (any ContainerEngine)?
    private let turn: ServingTurn
    let promptness = Promptness()

    /// - Parameters:
    ///   - trail: where each decision is written down.
    ///   - engine: says what is written down of containers.
    init(
        trail: AuditTrail? = nil, turn: ServingTurn = ServingTurn(), inspector: ReaderInspector = ReaderInspector(),
        engine: (any ContainerEngine)? = nil
    ) {
        self.trail = trail
        self.inspector = inspector
        self.engine = engine
        self.turn = turn
    }

    /// Whether `admit` may wait for something outside this process.
    var mayBlock: Bool { trail != nil }

    /// Decides whether the caller may have the file.
    /// - Parameter generation: of the tree that the file was found in.
    /// - Returns: who reads.
    /// - Throws: `.denied` by a rule or a scope; `.io` when that cannot be written down.
    func admit(_ caller: Caller, to file: SecretFile, generation: UInt64) throws(SecretaryError) -> ReaderProcess {
        let hasRules = !file.readers.isEmpty || file.isForMounted
        var reader =
            !hasRules && trail == nil
            ? ReaderProcess(uid: caller.uid, gid: caller.gid, pid: caller.thread)
            : inspector.reader(of: caller, forRules: hasRules, willWait: turn.end)
        let verdict = file.verdict(on: reader, hasMounted: hasMountedVolume(of: file, reader, caller))
        if trail != nil, let engine, let container = reader.engineContainer {
            turn.end()
            reader.facts = engine.facts(of: container)
        }
        do {
            try trail?.note(verdict, on: reader, of: file, generation: generation, willWait: turn.end)
        } catch {
            // A refusal stays one.
            throw verdict.refusal ?? error
        }
        if let refusal = verdict.refusal { throw refusal }
        return reader
    }

    /// Whether the reader is where the file's volume is mounted, or where that does not matter: it does not where all volumes
    /// are mounted.
    private func hasMountedVolume(of file: SecretFile, _ reader: ReaderProcess, _ caller: Caller) -> Bool {
        guard file.isForMounted, let volume = file.volume, !reader.sharesMountNamespace else { return true }
        return inspector.hasMounted(volume.name, caller: caller, willWait: turn.end)
    }

    /// Writes down that an open that was allowed has led to nothing.
    func note(_ error: SecretaryError, for reader: ReaderProcess, of file: SecretFile, generation: UInt64) {
        trail?.note(error, for: reader, of: file, generation: generation)
    }
}
