import SecretaryCore

extension Opening {
    /// One for each envelope; their targets lie one after the other.
    /// - Parameter memory: at least as large as all plaintexts together.
    static func each(
        _ envelopes: [Envelope], names: [String?]? = nil, into memory: UnsafeMutableRawBufferPointer
    ) -> [Opening] {
        var position = 0
        return envelopes.enumerated().map { index, envelope in
            defer { position += envelope.plaintextCount }
            let target = unsafe UnsafeMutableRawBufferPointer(
                rebasing: memory[position..<position + envelope.plaintextCount])
            return unsafe Opening(envelope, name: names?[index], into: target)
        }
    }
}

extension [Envelope] {
    /// Bytes of all plaintexts together.
    var plaintextCount: Int { reduce(0) { $0 + $1.plaintextCount } }
}
