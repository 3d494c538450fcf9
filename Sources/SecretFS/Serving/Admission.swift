internal import SecretaryCore

/// The steps between a request to open and plaintext: who reads, the rules about readers, the scopes, the decryption.
///
/// They are taken for every open, also of a secret that somebody has open already: only the decryption is shared.
struct Admission: Sendable {
    private let held: HeldSecrets
    private let inspector = ReaderInspector()

    init(held: HeldSecrets) {
        self.held = held
    }

    /// Decides, and counts a handle on the secret if the caller may have it.
    /// - Throws: `.denied` by a rule or a scope, and what decrypting throws; no handle is counted then.
    func open(_ inode: Inode, _ file: SecretFile, by caller: Caller) throws(SecretaryError) {
        let reader = inspector.reader(of: caller, isAsked: !file.readers.isEmpty)
        let verdict = file.verdict(on: reader)
        if let refusal = verdict.refusal { throw refusal }
        try held.acquire(inode, file, for: .handle)
    }
}
