/// What happens with envelopes that have no scope: `NACL`, `KMS`, and `HPKE` sealed without one.
public enum UnscopedPolicy: String, Sendable, CaseIterable {
    case allow, warn, deny
}

/// Something that was allowed, but that somebody should hear of.
public struct Warning: Hashable, Sendable, CustomStringConvertible {
    public let message: String

    public init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}

/// Who asks for a secret, and what is to be done about secrets that say nothing about who may have them.
public struct Identity: Sendable, Hashable {
    /// The app that reads; `nil` for the holder of the master key, outside any identity: every scope opens.
    public var app: AppPath?
    public var unscoped: UnscopedPolicy

    public init(app: AppPath? = nil, unscoped: UnscopedPolicy = .allow) {
        self.app = app
        self.unscoped = unscoped
    }

    /// Decides whether `envelope` may be opened under `name`, before any key is touched.
    /// - Parameter name: what the reader calls the secret: the variable, or the dotted path in a file.
    /// - Returns: a warning when the policy for unscoped secrets asks for one.
    /// - Throws: `.denied`, naming the scope and what would satisfy it.
    public func check(_ envelope: Envelope, name: String?) throws(SecretaryError) -> Warning? {
        guard let scope = envelope.scope else { return try checkUnscoped(name: name) }
        guard let app else { return nil }
        guard app.isAtOrBelow(scope.path) else {
            throw SecretaryError(
                .denied, "\(subject(name)) is sealed for \(scope), not for \(app)",
                hint: "seal it for \(app) or for an app path above it")
        }
        guard let expected = scope.nameBytes else { return nil }
        guard let name else {
            throw SecretaryError(
                .denied, "a secret sealed for \(scope) is read without a name",
                hint: "it opens only under the name \(scope.name ?? "")")
        }
        guard name.utf8.elementsEqual(expected) else {
            throw SecretaryError(
                .denied, "\(subject(name)) is sealed for \(scope), under another name",
                hint:
                    "an envelope cannot be copied from one name to another: seal the value again for \(scope.path)#\(name)"
            )
        }
        return nil
    }

    private func checkUnscoped(name: String?) throws(SecretaryError) -> Warning? {
        switch unscoped {
        case .allow: return nil
        case .warn: return Warning("\(subject(name)) has no scope: whoever may read any secret could be given this one")
        case .deny:
            throw SecretaryError(
                .denied, "\(subject(name)) has no scope, and the policy is unscoped: deny",
                hint: "seal it again as HPKE with a scope")
        }
    }

    private func subject(_ name: String?) -> String { name ?? "the secret" }
}
