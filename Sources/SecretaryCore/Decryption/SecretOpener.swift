/// The one place where envelopes become plaintext for a reader.
///
/// First the rules (`Identity`), then the decryptor, in this order, for files, variables and streams alike: nothing else
/// calls a decryptor for a reader.
public struct SecretOpener: Sendable {
    public let decryptor: any Decryptor
    public let identity: Identity
    private let onWarning: @Sendable (Warning) -> Void

    /// - Parameter onWarning: hears of what was allowed although the policy frowns on it.
    public init(
        decryptor: any Decryptor, identity: Identity, onWarning: @escaping @Sendable (Warning) -> Void = { _ in }
    ) {
        self.decryptor = decryptor
        self.identity = identity
        self.onWarning = onWarning
    }

    /// Decides as `open` does, but opens nothing and warns nobody: for whoever has to know before, or has it open already.
    /// - Throws: `.denied` by the rules.
    public func check(_ value: Value, name: String?) throws(SecretaryError) {
        for case .envelope(let envelope) in value.pieces { _ = try identity.check(envelope, name: name) }
    }

    /// The plaintext of `value`: its literal pieces, and its envelopes opened.
    /// - Parameter name: what the reader calls the secret; a scope with a `#NAME` asks for it.
    /// - Throws: `.denied` by the rules, `.malformed` for a broken piece, and what the decryptor throws. There is no partial
    ///   result.
    public func open(_ value: Value, name: String?) throws(SecretaryError) -> SecretBytes {
        let count = value.plaintextCount
        guard count <= SecretBytes.maximumCount else {
            throw SecretaryError(.malformed, "the value is larger than \(SecretBytes.maximumCount >> 20) MiB")
        }
        return try unsafe SecretBytes(count: count) { (target) throws(SecretaryError) in
            try unsafe open(value, name: name, into: target)
        }
    }

    /// Composes the plaintext of `value` in guarded memory of exactly its `plaintextCount`, for callers that put several
    /// secrets into one piece of it.
    public func open(_ value: Value, name: String?, into target: UnsafeMutableRawBufferPointer) throws(SecretaryError) {
        let openings = try unsafe prepare(value, name: name, into: target)
        if let error = decryptor.open(openings).lazy.compactMap(\.self).first { throw error }
    }

    /// Composes the plaintexts of several values, as `open(_:name:into:)` does for each; a decryptor that asks something outside
    /// is called once for all of them.
    /// - Returns: for each value, in order, the first thing that went wrong; `nil` when it was opened.
    public func open(_ values: [(value: Value, name: String?, target: UnsafeMutableRawBufferPointer)])
        -> [SecretaryError?]
    {
        var errors: [SecretaryError?] = unsafe Array(repeating: nil, count: values.count)
        var openings: [(owner: Int, opening: Opening)] = []
        for index in unsafe values.indices {
            let (value, name, target) = unsafe values[index]
            do throws(SecretaryError) {
                openings += unsafe try prepare(value, name: name, into: target).map { (index, $0) }
            } catch {
                errors[index] = error
            }
        }
        for (opening, error) in zip(openings, decryptor.open(openings.map(\.opening)))
        where errors[opening.owner] == nil {
            errors[opening.owner] = error
        }
        return errors
    }

    /// Puts the literal pieces in their places.
    /// - Returns: the envelopes that are to be opened into theirs.
    private func prepare(_ value: Value, name: String?, into target: UnsafeMutableRawBufferPointer)
        throws(SecretaryError) -> [Opening]
    {
        var openings: [Opening] = []
        var position = 0
        for piece in value.pieces {
            switch piece {
            case .literal(let bytes):
                unsafe target.part(position, bytes.count).copyBytes(from: bytes)
                position += bytes.count
            case .envelope(let envelope):
                if let warning = try identity.check(envelope, name: name) { onWarning(warning) }
                unsafe openings.append(
                    Opening(envelope, name: name, into: unsafe target.part(position, envelope.plaintextCount)))
                position += envelope.plaintextCount
            case .malformed(let error):
                throw error
            }
        }
        return openings
    }

    /// Opens one envelope into guarded memory of exactly its `plaintextCount`.
    public func open(_ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer)
        throws(SecretaryError)
    {
        if let warning = try identity.check(envelope, name: name) { onWarning(warning) }
        try unsafe decryptor.open(envelope, name: name, into: target)
    }
}
