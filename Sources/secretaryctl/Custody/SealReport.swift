import SecretaryCore
import SecretaryRemote

/// How far a daemon is unsealed, for people and for scripts.
struct SealReport {
    let state: SealState

    init(_ state: SealState) {
        self.state = state
    }

    func print(json: Bool) throws(SecretaryError) {
        guard !json else { return try Output.line(object.line) }
        for key in state.keys { try Output.line("\(key.id) \(text(key))") }
    }

    private func text(_ key: SealState.Key) -> String {
        guard key.isSealed else { return "unsealed" }
        guard key.set != nil else { return "sealed: needs its passphrase" }
        let numbers = key.given.map(String.init).joined(separator: ", ")
        return "sealed: \(key.given.count) of \(key.threshold) shares" + (numbers.isEmpty ? "" : " (\(numbers))")
    }

    private var object: JSONText {
        .object([
            ("sealed", .boolean(state.isSealed)),
            (
                "keys",
                .array(
                    state.keys.map { key in
                        .object([
                            ("id", .string(key.id)), ("sealed", .boolean(key.isSealed)),
                            ("set", key.set.map { .string($0) } ?? .null), ("threshold", .number(key.threshold)),
                            ("given", .array(key.given.map { .number($0) })),
                        ])
                    })
            ),
        ])
    }
}
