public import SecretaryCore

/// A secret that goes into requests, such as a password or a token: guarded memory that several requests can share.
public final class HTTPSecret: Sendable {
    let bytes: SecretBytes

    public init(_ bytes: consuming SecretBytes) {
        self.bytes = bytes
    }

    /// Copies what lies elsewhere already.
    convenience init(copying source: some Collection<UInt8>) throws(SecretaryError) {
        self.init(try unsafe SecretBytes(count: source.count) { unsafe $0.copyBytes(from: source) })
    }
}
