public import SecretaryCore

/// What an HTTP server answered, whatever its status.
public struct HTTPResponse: ~Copyable, Sendable {
    public let status: Int
    /// In the order received, without those of redirects that were followed.
    public let headers: [(name: String, value: String)]
    /// May hold keys and plaintext, so it is in guarded memory, always.
    public let body: SecretBytes

    /// The first header of this name; names are compared without regard to case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
