public import SecretaryCore

/// A secret that goes into requests, such as a password or a token: guarded memory that several requests can share.
public final class HTTPSecret: Sendable {
    let bytes: SecretBytes

    public init(_ bytes: consuming SecretBytes) {
        self.bytes = bytes
    }
}
