import SecretaryCore
import SystemPackage
import Testing

/// A tree as text, to compare with: `{a: "text", b: [1, true, null], c: <17>}`; an envelope is `<` the count of its
/// plaintext `>`.
func show(_ node: ConfigNode) -> String {
    switch node {
    case .mapping(let entries): "{" + entries.map { "\($0.key): \(show($0.node))" }.joined(separator: ", ") + "}"
    case .sequence(let nodes): "[" + nodes.map(show).joined(separator: ", ") + "]"
    case .value(let value): value.kind == .text ? "\"\(show(value.value))\"" : show(value.value)
    }
}

/// The text of a value as its reader sees it, with envelopes as counts.
func show(_ value: Value) -> String {
    var bytes: [UInt8] = []
    for piece in value.pieces {
        switch piece {
        case .literal(let literal): bytes += literal
        case .envelope(let envelope): bytes += "<\(envelope.plaintextCount)>".utf8
        case .malformed: bytes += "<malformed>".utf8
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

func parse(_ text: String, _ name: String) throws -> ConfigFile {
    try ConfigFile.parse(Array(text.utf8), path: FilePath(name))
}

/// The error that reading a text gives: `MESSAGE` or `MESSAGE | HINT`.
func complaint(_ text: String, _ name: String) -> String {
    complaint(Array(text.utf8), name)
}

func complaint(_ bytes: [UInt8], _ name: String) -> String {
    describeError { () throws(SecretaryError) in
        show(try ConfigFile.parse(bytes, path: FilePath(name)).root)
    }
}

func describeError(_ body: () throws(SecretaryError) -> String) -> String {
    do {
        return "no error: \(try body())"
    } catch {
        return error.hint.map { "\(error.message) | \($0)" } ?? error.message
    }
}

/// An envelope that `StandInDecryptor` opens: what it stands for follows the nonce and the tag in the clear.
func envelope(_ plaintext: String) -> String { envelope(Array(plaintext.utf8)) }

func envelope(_ plaintext: [UInt8]) -> String {
    "ENC[NACL,\(base64([UInt8](repeating: 0x5A, count: 40) + plaintext))]"
}

private func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".unicodeScalars)
    var text = String.UnicodeScalarView()
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        for place in 0..<4 {
            text.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : "=")
        }
    }
    return String(text)
}

/// Stands in for keys where only the way of the plaintext is of interest.
struct StandInDecryptor: Decryptor {
    func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        unsafe target.copyBytes(from: envelope.payload.dropFirst(40))
    }
}

extension ConfigFile {
    /// The file with one range replaced.
    static func replacing(_ range: Range<Int>, of bytes: [UInt8], by text: String) -> [UInt8] {
        Array(bytes[..<range.lowerBound]) + Array(text.utf8) + Array(bytes[range.upperBound...])
    }
}
