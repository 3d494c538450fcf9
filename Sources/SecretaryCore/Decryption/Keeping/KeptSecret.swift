/// A plaintext that somebody outside has opened; zeroed with the last reference.
final class KeptSecret: Sendable {
    private let plaintext: SecretBytes
    /// When it was asked for.
    let since: ContinuousClock.Instant

    init(_ plaintext: consuming SecretBytes, since: ContinuousClock.Instant) {
        self.plaintext = plaintext
        self.since = since
    }

    var age: Duration { .now - since }

    func copy(to target: UnsafeMutableRawBufferPointer) {
        unsafe plaintext.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
    }
}
