import SecretaryCore

// What an orchestrator's answers are read with.
extension ConfigNode {
    /// The text of a member; `nil` when it is not there, or no plain text.
    func text(at key: String) -> String? { child(key)?.literalText }

    /// A scalar, with or without envelopes.
    var value: Value? {
        if case .value(let value) = self { value.value } else { nil }
    }
}

extension SecretaryError {
    /// An answer is not about what was asked.
    static func otherAnswer(_ name: String) -> SecretaryError {
        SecretaryError(.malformed, "\(name) answers something else than was asked")
    }
}
