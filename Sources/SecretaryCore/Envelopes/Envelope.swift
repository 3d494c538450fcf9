/// One encrypted value: `ENC[TYPE,base64]`.
///
/// Everything here is ciphertext and public: an envelope can be stored, compared and shown. Opening one is the business of
/// a `Decryptor`, behind a `SecretOpener`.
public enum Envelope: Hashable, Sendable {
    case nacl(NaClEnvelope)
    case kms(KMSEnvelope)
    case hpke(HPKEEnvelope)

    /// The word after `ENC[`.
    public enum Kind: String, Sendable, CaseIterable {
        case nacl = "NACL"
        case kms = "KMS"
        case hpke = "HPKE"
    }

    /// Reads the payload of an envelope, as it stands between the comma and the bracket.
    /// - Throws: `.malformed` when it is not base64 or not laid out as its type asks for.
    public static func parse(kind: Kind, base64 text: [UInt8]) throws(SecretaryError) -> Envelope {
        try unsafe text.withOctets { (text) throws(SecretaryError) in try unsafe parse(kind: kind, base64: text) }
    }

    static func parse(kind: Kind, base64 text: UnsafeRawBufferPointer) throws(SecretaryError) -> Envelope {
        guard let payload = unsafe Base64.decode(text) else {
            throw SecretaryError(.malformed, "malformed \(kind.rawValue) envelope: not base64")
        }
        return try Envelope(kind: kind, payload: payload)
    }

    /// Reads the bytes that the base64 stands for.
    /// - Throws: `.malformed` when they are not laid out as the type asks for.
    public init(kind: Kind, payload: [UInt8]) throws(SecretaryError) {
        do throws(SecretaryError) {
            switch kind {
            case .nacl: self = .nacl(try NaClEnvelope(payload: payload))
            case .kms: self = .kms(try KMSEnvelope(payload: payload))
            case .hpke: self = .hpke(try HPKEEnvelope(payload: payload))
            }
            guard plaintextCount <= SecretBytes.maximumCount else {
                throw SecretaryError(.malformed, "its plaintext is larger than \(SecretBytes.maximumCount >> 20) MiB")
            }
        } catch {
            throw error.prefixed("malformed \(kind.rawValue) envelope")
        }
    }

    public var kind: Kind {
        switch self {
        case .nacl: .nacl
        case .kms: .kms
        case .hpke: .hpke
        }
    }

    /// The bytes that the base64 stands for.
    public var payload: [UInt8] {
        switch self {
        case .nacl(let envelope): envelope.payload
        case .kms(let envelope): envelope.payload
        case .hpke(let envelope): envelope.payload
        }
    }

    /// The number of bytes of the plaintext, exactly, without any key.
    public var plaintextCount: Int {
        switch self {
        case .nacl(let envelope): envelope.plaintextCount
        case .kms(let envelope): envelope.plaintextCount
        case .hpke(let envelope): envelope.plaintextCount
        }
    }

    /// Who may open it; `nil` when the envelope does not say.
    public var scope: Scope? {
        switch self {
        case .nacl: nil
        case .kms(let envelope): envelope.scope
        case .hpke(let envelope): envelope.scope
        }
    }

    /// Names this version of the secret: BLAKE2b-256 of the type, a comma and the payload.
    public var digest: [UInt8] { BLAKE2b.hash(header, payload) }

    private var header: [UInt8] { Array("\(kind.rawValue),".utf8) }

    /// `ENC[…]` on one line.
    public var text: [UInt8] {
        Array("ENC[".utf8) + header + Base64.encode(payload) + [UInt8(ascii: "]")]
    }

    /// `ENC[…]` in lines of 64 characters, each with a newline at its end, as the original's `--wrap` writes it.
    public var wrappedText: [UInt8] {
        let text = text
        var lines: [UInt8] = []
        lines.reserveCapacity(text.count + text.count / 64 + 1)
        for start in stride(from: 0, to: text.count, by: 64) {
            lines += text[start..<min(start + 64, text.count)]
            lines.append(UInt8(ascii: "\n"))
        }
        return lines
    }
}
