extension Sequence<UInt8> {
    /// The bytes in lower-case hexadecimal digits, two for each.
    ///
    /// For digests and public halves; digits of secrets are never made here.
    package var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
