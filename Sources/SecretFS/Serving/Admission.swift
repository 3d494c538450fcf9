internal import SecretaryCore

/// The steps between a request to open and the decryption: who reads, the rules about readers, the scopes.
///
/// They are taken for every open, also of a secret that somebody has open already: only the decryption is shared.
struct Admission: Sendable {
    private let inspector = ReaderInspector()
    /// Whether `admit` may wait for something outside this process.
    let mayBlock = false
    let promptness = Promptness()

    /// Decides whether the caller may have the file.
    /// - Throws: `.denied` by a rule or a scope.
    func admit(_ caller: Caller, to file: SecretFile) throws(SecretaryError) {
        let reader =
            file.readers.isEmpty
            ? ReaderProcess(uid: caller.uid, gid: caller.gid, pid: caller.thread) : inspector.reader(of: caller)
        let verdict = file.verdict(on: reader)
        if let refusal = verdict.refusal { throw refusal }
    }
}
