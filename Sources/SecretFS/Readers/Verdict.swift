internal import SecretaryCore

/// What the rules about readers and the scopes say about one reader of one file, before any key is touched.
struct Verdict {
    /// With the rule that decided, or the scope that refused.
    let decision: ReaderDecision
    /// What the reader is told when it is denied.
    let refusal: SecretaryError?
}

extension SecretFile {
    /// Whether it opens only where its volume is mounted.
    var isForMounted: Bool { volume?.readers == .mounted }

    /// Decides whether a reader may have the file.
    /// - Parameter hasMounted: whether the file's volume is mounted where the reader is, or need not be.
    func verdict(on reader: ReaderProcess, hasMounted: Bool = true) -> Verdict {
        let decision =
            hasMounted
            ? readers.decide(reader)
            : ReaderDecision(isAllowed: false, rule: "volume \(volume?.name ?? "") is not mounted where the reader is")
        guard decision.isAllowed else {
            let refusal = SecretaryError(
                .denied, "user \(reader.uid) may not read it in process \(reader.pid): \(decision.rule)")
            return Verdict(decision: decision, refusal: refusal)
        }
        do {
            try checkScopes()
        } catch {
            return Verdict(decision: Self.refused(error), refusal: error)
        }
        return Verdict(decision: decision, refusal: nil)
    }

    /// What the scopes say alone.
    var scopeDecision: ReaderDecision {
        do {
            try checkScopes()
        } catch {
            return Self.refused(error)
        }
        let wanted = scopes.isEmpty ? "none" : scopes.joined(separator: " ")
        let app = opener.identity.app.map { "\($0)" } ?? "the holder of the master key"
        return ReaderDecision(isAllowed: true, rule: "scope: \(wanted), opened by \(app)")
    }

    private static func refused(_ error: SecretaryError) -> ReaderDecision {
        ReaderDecision(isAllowed: false, rule: "scope: \(error.message)")
    }
}
