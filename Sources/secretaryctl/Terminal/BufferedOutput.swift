import SecretaryCore

/// Many lines of results, written in large portions.
struct BufferedOutput {
    private var bytes: [UInt8] = []
    private static let portion = 1 << 16

    mutating func line(_ line: [UInt8]) throws(SecretaryError) {
        bytes += line
        bytes.append(UInt8(ascii: "\n"))
        if bytes.count >= Self.portion { try flush() }
    }

    mutating func flush() throws(SecretaryError) {
        guard !bytes.isEmpty else { return }
        try Output.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
