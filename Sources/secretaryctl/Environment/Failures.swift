import SecretaryCore

/// What went wrong with which names, so that all can be told at once.
///
/// It is told where the program ends (`Report.exit`), when the secrets that did decrypt are gone: writing may wait for a
/// reader, and nothing secret must wait with it.
struct Failures: Error {
    /// How many there were to decrypt.
    let total: Int
    private(set) var errors: [(name: String, error: SecretaryError)] = []

    init(total: Int) {
        self.total = total
    }

    /// Notes the error of `work`, which concerns `name`.
    mutating func collect(_ name: String, _ work: () throws(SecretaryError) -> Void) {
        do {
            try work()
        } catch {
            errors.append((name, error))
        }
    }

    /// Throws what went wrong: one failure as it is, several as this; does nothing when all went well.
    func throwIfAny() throws {
        guard let first = errors.first else { return }
        if errors.count == 1 { throw first.error.prefixed(first.name) }
        throw self
    }

    /// The exit status: that of the first failure.
    var status: Int32 { errors.first?.error.code.rawValue ?? 0 }

    /// Reports each name with its reason, and the same advice once.
    func report() {
        Report.error("cannot decrypt \(errors.count) of \(total) secrets")
        for (name, error) in errors { Report.error("\(name): \(error.message)") }
        var given: Set<String> = []
        for hint in errors.compactMap(\.error.hint) where given.insert(hint).inserted { Report.hint(hint) }
    }
}
