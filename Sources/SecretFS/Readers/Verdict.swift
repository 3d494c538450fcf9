public import SecretaryCore

/// What the rules about readers and the scopes say about one reader of one file, before any key is touched.
public struct Verdict: Sendable {
    /// With the rule that decided, or the scope that refused.
    public let decision: ReaderDecision
    /// What the reader is told when it is denied.
    public let refusal: SecretaryError?
}

extension SecretFile {
    /// Decides whether a reader may have the file.
    public func verdict(on reader: ReaderProcess) -> Verdict {
        let decision = readers.decide(reader)
        guard decision.isAllowed else {
            let refusal = SecretaryError(
                .denied, "user \(reader.uid) may not read it in process \(reader.pid): \(decision.rule)")
            return Verdict(decision: decision, refusal: refusal)
        }
        do {
            try checkScopes()
        } catch {
            return Verdict(decision: ReaderDecision(isAllowed: false, rule: "scope: \(error.message)"), refusal: error)
        }
        return Verdict(decision: decision, refusal: nil)
    }
}
