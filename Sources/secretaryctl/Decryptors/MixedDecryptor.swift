import SecretaryCore

/// Opens each envelope where it can be opened: `KMS` ones by KMS, with the reader's own AWS credentials, all others by the daemon
/// or with keys at hand.
struct MixedDecryptor: Decryptor {
    let kms: any Decryptor
    let others: any Decryptor

    func mayBlock(on envelope: Envelope) -> Bool { decryptor(for: envelope).mayBlock(on: envelope) }

    func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        try unsafe decryptor(for: envelope).open(envelope, name: name, into: target)
    }

    func open(_ openings: [Opening]) -> [SecretaryError?] {
        guard openings.contains(where: { $0.envelope.kind == .kms }) else { return others.open(openings) }
        let isKMS = openings.map { $0.envelope.kind == .kms }
        func part(_ wanted: Bool) -> [Opening] { zip(openings, isKMS).filter { $1 == wanted }.map(\.0) }
        var kmsErrors = kms.open(part(true)).makeIterator()
        var otherErrors = others.open(part(false)).makeIterator()
        return isKMS.map { isKMS in (isKMS ? kmsErrors.next() : otherErrors.next()) ?? nil }
    }

    func expect(_ secrets: Set<ExpectedSecret>) {
        kms.expect(secrets.filter { $0.envelope.kind == .kms })
        others.expect(secrets.filter { $0.envelope.kind != .kms })
    }

    func state(of envelope: Envelope, name: String?) -> KeptState? {
        decryptor(for: envelope).state(of: envelope, name: name)
    }

    var outside: [OutsideStatus] { kms.outside + others.outside }

    private func decryptor(for envelope: Envelope) -> any Decryptor { envelope.kind == .kms ? kms : others }
}
