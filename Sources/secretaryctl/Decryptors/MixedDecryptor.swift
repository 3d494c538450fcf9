import SecretaryCore

/// Opens each envelope where it can be opened: `KMS` ones by the key service, as seen from here, all others by the daemon.
struct MixedDecryptor: Decryptor {
    /// Opens `KMS` envelopes.
    let local: any Decryptor
    let daemon: any Decryptor

    func mayBlock(on envelope: Envelope) -> Bool { true }

    func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        try unsafe decryptor(for: envelope).open(envelope, name: name, into: target)
    }

    func open(_ openings: [Opening]) -> [SecretaryError?] {
        let isLocal = openings.map { $0.envelope.kind == .kms }
        func part(_ wanted: Bool) -> [Opening] { zip(openings, isLocal).filter { $1 == wanted }.map(\.0) }
        var localErrors = local.open(part(true)).makeIterator()
        var daemonErrors = daemon.open(part(false)).makeIterator()
        return isLocal.map { isLocal in (isLocal ? localErrors.next() : daemonErrors.next()) ?? nil }
    }

    private func decryptor(for envelope: Envelope) -> any Decryptor { envelope.kind == .kms ? local : daemon }
}
