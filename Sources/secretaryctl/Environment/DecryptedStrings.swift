import Glibc
import SecretaryCore

/// Strings with their envelopes decrypted, one behind the other in one block of guarded memory, each ended by a NUL.
///
/// One block, because each costs several system calls, and `exec` may have ten or ten thousand strings.
struct DecryptedStrings: ~Copyable {
    /// A string that holds envelopes.
    struct Source {
        /// What is put before the value as it is.
        let prefix: [UInt8]
        let value: Value
        /// What messages call it.
        let label: String
        /// The name that a scope is compared with.
        let name: String?

        /// With the NUL at the end.
        var count: Int { prefix.count + value.plaintextCount + 1 }
    }

    private var block: SecretBytes
    /// Where each string is, with its NUL.
    private let ranges: [Range<Int>]

    /// Decrypts all of them, or none.
    /// - Parameter check: a further condition on a source, whose failure counts like one of decryption.
    /// - Throws: as `Failures.throwIfAny`.
    init(
        _ sources: [Source], opener: SecretOpener,
        check: (Source) throws(SecretaryError) -> Void = { (_) throws(SecretaryError) in }
    ) throws {
        var ranges: [Range<Int>] = []
        for source in sources {
            let start = ranges.last?.upperBound ?? 0
            ranges.append(start..<start + source.count)
        }
        var block = try SecretBytes(count: ranges.last?.upperBound ?? 0)
        var failures = Failures(total: sources.count)
        unsafe block.withUnsafeMutableBytes { bytes in
            for (source, range) in zip(sources, ranges) {
                let target = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[range].dropLast())
                failures.collect(source.label) { () throws(SecretaryError) in
                    try check(source)
                    try unsafe DecryptedStrings.compose(source, into: target, opener: opener)
                }
            }
        }
        try failures.throwIfAny()
        self.block = block
        self.ranges = ranges
    }

    private static func compose(_ source: Source, into target: UnsafeMutableRawBufferPointer, opener: SecretOpener)
        throws(SecretaryError)
    {
        unsafe target.copyBytes(from: source.prefix)
        let plaintext = unsafe UnsafeMutableRawBufferPointer(rebasing: target[source.prefix.count...])
        try unsafe opener.open(source.value, name: source.name, into: plaintext)
        // What follows a NUL would silently be lost.
        guard let start = plaintext.baseAddress, unsafe memchr(start, 0, plaintext.count) != nil else { return }
        throw SecretaryError(
            .malformed, "the value holds a NUL byte, which no variable or argument can carry",
            hint: "read it as a file: secretaryctl mount")
    }

    /// Lends all strings, each with its NUL.
    mutating func withStrings<Failure: Error>(
        _ body: ([UnsafeMutableRawBufferPointer]) throws(Failure) -> Void
    ) throws(Failure) {
        try unsafe block.withUnsafeMutableBytes { (bytes) throws(Failure) in
            try unsafe body(ranges.map { unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[$0]) })
        }
    }
}
