extension Sequence<UInt8> {
    /// The bytes in lower-case hexadecimal digits, two for each.
    ///
    /// For digests and public halves; digits of secrets are never made here.
    package var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension [UInt8] {
    /// The bytes that hexadecimal digits stand for; `nil` when they are none, or not two for each byte.
    package init?(hexadecimal text: some StringProtocol) {
        var bytes: [UInt8] = []
        var high: UInt8?
        for byte in text.utf8 {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init) else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { return nil }
        self = bytes
    }
}
