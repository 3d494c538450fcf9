import SecretaryCore

/// A part of a URL's path (RFC 3986, section 3.3).
enum URLPath {
    /// Percent-encoded, so that nothing in it means anything.
    static func escaped(_ text: String, keeping kept: String = "") -> String {
        text.utf8.reduce(into: "") { escaped, byte in
            let character = Character(UnicodeScalar(byte))
            if byte < 0x80,
                character.isLetter || character.isNumber || "-._~".contains(character)
                    || kept.contains(character)
            {
                escaped.append(character)
            } else {
                escaped += "%" + [byte].hexadecimal.uppercased()
            }
        }
    }
}
