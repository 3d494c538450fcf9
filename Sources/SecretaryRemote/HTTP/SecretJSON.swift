internal import SecretaryCore

/// The strings of one JSON object (RFC 8259) that lies in guarded memory, without copies of it elsewhere.
///
/// For answers that hold keys: only what is asked for is taken out, and secrets go into guarded memory of their own. Members of
/// other kinds are skipped.
struct SecretJSON: ~Copyable {
    private let text: SecretBytes

    /// - Throws: `.malformed` when the text does not begin as an object does.
    init(_ text: consuming SecretBytes) throws(SecretaryError) {
        self.text = text
        let isObject = unsafe self.text.withUnsafeBytes { bytes in
            unsafe bytes.first { !JSONScanner.isSpace($0) } == UInt8(ascii: "{")
        }
        guard isObject else { throw SecretaryError(.malformed, "the answer is no JSON object") }
    }

    /// The string of a member that is no secret; `nil` when there is none of that name, or it is no string.
    func string(_ name: String) throws(SecretaryError) -> String? {
        guard let bytes = try secret(name) else { return nil }
        return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The string of a member, in guarded memory.
    func secret(_ name: String) throws(SecretaryError) -> SecretBytes? {
        var value: Range<Int>?
        unsafe text.withUnsafeBytes { bytes in
            var scanner = unsafe JSONScanner(bytes)
            value = scanner.member(name)
        }
        guard let value else { return nil }
        var count = 0
        let unescaped = try unsafe SecretBytes(count: value.count) { target in
            unsafe text.withUnsafeBytes { bytes in
                count = unsafe JSONScanner.unescape(UnsafeRawBufferPointer(rebasing: bytes[value]), into: target)
            }
        }
        return try unsafe SecretBytes(count: count) { target in
            unsafe unescaped.withUnsafeBytes { source in
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
            }
        }
    }
}
