public import SystemPackage

/// Copies a stream with every envelope in it replaced by its plaintext, in bounded memory.
public struct StreamDecryptor {
    private let opener: SecretOpener

    public init(opener: SecretOpener) {
        self.opener = opener
    }

    /// Copies `source` to its end.
    /// - Parameter name: what the reader calls the secrets in it; a scope with a `#NAME` asks for it.
    /// - Throws: `.io`; and for an envelope that cannot be opened what the opener says, with the line and the number of the
    ///   envelope. Everything before that envelope has been written then, and nothing after it.
    public func copy(from source: FileDescriptor, to target: FileDescriptor, name: String? = nil)
        throws(SecretaryError)
    {
        throw SecretaryError(.unavailable, "not built yet")
    }
}
