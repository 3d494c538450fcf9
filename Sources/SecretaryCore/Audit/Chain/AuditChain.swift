internal import CSodium

/// Seals records into lines, each chained to all before it.
///
/// A line ends with a MAC (keyed BLAKE2b) of the hash of everything before, and the line up to the MAC. After it the key is
/// replaced by a hash of itself, and the line goes into the hash of everything.
struct AuditChain: ~Copyable {
    var state: AuditState
    /// What was sealed since the last `takeLines`.
    private(set) var lines = AuditText()

    static let keyLabel = Array("secretary audit: next key".utf8)
    static let seedLabel = Array("secretary audit: next signing key".utf8)
    static let signatureLabel = Array("secretary audit: checkpoint".utf8)

    init(_ state: consuming AuditState) {
        self.state = state
    }

    mutating func removeLines() {
        lines.removeAll()
    }

    /// Seals one line.
    /// - Parameter fields: adds what the line says.
    mutating func append(
        _ event: AuditEvent, at time: Int64, _ fields: (inout AuditText) -> Void
    ) throws(SecretaryError) {
        let start = lines.bytes.count
        lines.begin(state.sequence, time, event)
        fields(&lines)
        if event.isSigned { try sign(from: start) }
        var mac = Hash()
        unsafe state.withUnsafeBytes { state in
            unsafe lines.bytes.withOctets { lines in
                unsafe withUnsafeMutableBytes(of: &mac) { mac in
                    unsafe BLAKE2b.hash(
                        state.part(AuditState.link), lines.part(start..<lines.count), key: state.part(AuditState.key),
                        into: mac)
                }
            }
        }
        lines.add("mac", hexadecimal: mac.bytes)
        lines.end()
        advance(over: lines.bytes[start...], event)
    }

    /// Goes on behind a line that was found in the file and has proved right.
    mutating func advance(over line: AuditLine) {
        advance(over: line.bytes, line.event)
    }

    private mutating func advance(over line: ArraySlice<UInt8>, _ event: AuditEvent) {
        unsafe state.withUnsafeMutableBytes { state in
            unsafe line.withUnsafeBytes { line in
                let link = unsafe state.part(AuditState.link)
                unsafe BLAKE2b.hash(UnsafeRawBufferPointer(link), line, into: link)
            }
            unsafe Self.ratchet(state.part(AuditState.key), Self.keyLabel)
            if event.isSigned { unsafe Self.ratchet(state.part(AuditState.seed), Self.seedLabel) }
        }
        state.sequence += 1
        state.length += UInt64(line.count)
        state.isBetweenFiles = event == .rotate
        state.unsignedCount = event.isSigned ? 0 : state.unsignedCount + 1
        if event.isSigned { state.epoch += 1 }
        if event == .rotate { state.length = 0 }
        if !event.isOwn { state.taken += 1 }
    }

    /// Whether a line is the one that belongs here.
    func fits(_ line: AuditLine) -> Bool {
        line.sequence == state.sequence && line.mac == mac(of: line)
    }

    /// The MAC that a line should have.
    func mac(of line: AuditLine) -> [UInt8] {
        var mac = [UInt8](repeating: 0, count: BLAKE2b.count)
        unsafe state.withUnsafeBytes { state in
            unsafe line.body.withUnsafeBytes { body in
                unsafe mac.withUnsafeMutableBytes { mac in
                    unsafe BLAKE2b.hash(
                        state.part(AuditState.link), body, key: state.part(AuditState.key), into: mac)
                }
            }
        }
        return mac
    }

    /// Replaces a key by the one after it, which it cannot be computed from.
    static func ratchet(_ key: UnsafeMutableRawBufferPointer, _ label: [UInt8]) {
        unsafe label.withOctets { label in
            unsafe BLAKE2b.hash(
                label, UnsafeRawBufferPointer(start: nil, count: 0), key: UnsafeRawBufferPointer(key), into: key)
        }
    }

    // MARK: Signatures

    /// Signs the line that begins at `start`, and everything before it, and names the key of the next signature.
    private mutating func sign(from start: Int) throws(SecretaryError) {
        let pair = try SigningKey(seed: state)
        var next = try AuditState(copying: state)
        unsafe next.withUnsafeMutableBytes { unsafe Self.ratchet($0.part(AuditState.seed), Self.seedLabel) }
        lines.add("epoch", state.epoch)
        lines.add("next_key", hexadecimal: try SigningKey(seed: next).publicKey)
        let message = Self.signatureLabel + state.link + lines.bytes[start...]
        lines.add("signature", hexadecimal: pair.sign(message))
    }

    /// The public key of the next signature.
    var publicKey: [UInt8] {
        get throws(SecretaryError) { try SigningKey(seed: state).publicKey }
    }
}

extension AuditEvent {
    /// Whether such a record is signed.
    var isSigned: Bool { self == .checkpoint || self == .rotate || self == .stop }
}

/// 32 bytes without memory of their own.
private struct Hash {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    var bytes: [UInt8] {
        unsafe withUnsafeBytes(of: words) { unsafe Array($0) }
    }
}
