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
            let targets = unsafe zip(sources, ranges).map { source, range in
                let target = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[range].dropLast())
                unsafe target.copyBytes(from: source.prefix)
                return unsafe UnsafeMutableRawBufferPointer(rebasing: target[source.prefix.count...])
            }
            let errors = unsafe opener.open(zip(sources, targets).map { unsafe ($0.value, $0.name, $1) })
            for index in sources.indices {
                failures.collect(sources[index].label) { () throws(SecretaryError) in
                    try check(sources[index])
                    if let error = errors[index] { throw error }
                    try unsafe DecryptedStrings.requireNoNUL(targets[index])
                }
            }
        }
        try failures.throwIfAny()
        self.block = block
        self.ranges = ranges
    }

    /// What follows a NUL would silently be lost.
    private static func requireNoNUL(_ plaintext: UnsafeMutableRawBufferPointer) throws(SecretaryError) {
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
