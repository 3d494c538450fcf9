import SecretaryCore

/// What went wrong with which names, so that all can be told at once.
struct Failures {
    private var errors: [(name: String, error: SecretaryError)] = []

    /// Notes the error of `work`, which concerns `name`.
    mutating func collect(_ name: String, _ work: () throws(SecretaryError) -> Void) {
        do {
            try work()
        } catch {
            errors.append((name, error))
        }
    }

    /// Reports each name with its reason, then throws; does nothing when all went well.
    ///
    /// One failure is thrown as it is. The status of several is that of the first.
    func throwIfAny(of total: Int, verb: String) throws {
        guard let first = errors.first else { return }
        guard errors.count > 1 else { throw first.error.prefixed(first.name) }
        Report.error("cannot \(verb) \(errors.count) of \(total) secrets")
        for (name, error) in errors { Report.error("\(name): \(error.message)") }
        // The same advice once.
        var given: Set<String> = []
        for hint in errors.compactMap(\.error.hint) where given.insert(hint).inserted { Report.hint(hint) }
        throw ReportedFailure(status: first.error.code.rawValue)
    }
}
