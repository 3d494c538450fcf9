/// Ciphertext as text that can be printed, mailed and typed: a PEM block (RFC 7468) with lines for people at its head.
///
/// The lines (`Name: value`) are not authenticated, and nothing but people reads them.
struct Armor {
    let label: String
    var remarks: [(name: String, value: String)] = []
    let bytes: [UInt8]

    var text: [UInt8] {
        var text = "-----BEGIN \(label)-----\n"
        for remark in remarks { text += "\(remark.name): \(remark.value)\n" }
        if !remarks.isEmpty { text += "\n" }
        let base64 = Base64.encode(bytes)
        for start in stride(from: 0, to: base64.count, by: 64) {
            text += String(decoding: base64[start..<min(start + 64, base64.count)], as: UTF8.self) + "\n"
        }
        return Array((text + "-----END \(label)-----\n").utf8)
    }

    /// The bytes in the first block with this label; text around it, spaces and CRLF do not matter.
    /// - Parameter what: how errors call it: `a key share`.
    /// - Throws: `.malformed`.
    static func bytes(of label: String, in text: [UInt8], _ what: String) throws(SecretaryError) -> [UInt8] {
        // Remarks can hold anything, the names of operators for example; bytes that are not UTF-8 become others.
        let lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline).map { line in
            String(line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }
        guard let begin = lines.firstIndex(of: "-----BEGIN \(label)-----") else {
            throw SecretaryError(.malformed, "not \(what): there is no line -----BEGIN \(label)-----")
        }
        guard let end = lines[begin...].firstIndex(of: "-----END \(label)-----") else {
            throw SecretaryError(.malformed, "not \(what): it is cut off")
        }
        let body = lines[(begin + 1)..<end].filter { !$0.contains(":") }.joined()
        guard let bytes = [UInt8](base64: Array(body.utf8)) else {
            throw SecretaryError(.malformed, "not \(what): its lines are not base64")
        }
        return bytes
    }
}
