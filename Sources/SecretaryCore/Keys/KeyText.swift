internal import CSodium

/// The text of a key: PEM (`-----BEGIN NACL PUBLIC KEY-----`), or bare base64 of its 32 bytes.
///
/// Text around the PEM block, header lines in it, CRLF and other white space are accepted, as the original does; a public
/// key where a private one is needed, or the reverse, is an error that says so. No error shows the text itself.
enum KeyText {
    enum Half: String {
        case `public` = "NACL PUBLIC KEY"
        case `private` = "NACL PRIVATE KEY"

        var name: String { self == .public ? "public key" : "private key" }
    }

    /// Decodes a private key's 32 bytes from `text` into `target`.
    ///
    /// The base64 is decoded in constant time by libsodium, which never branches on or indexes with the key's bits.
    static func decodePrivate(_ text: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer)
        throws(SecretaryError)
    {
        _ = Sodium.ready
        let body = try unsafe body(of: .private, in: text)
        var count = 0
        let status = unsafe sodium_base642bin(
            target.octets, target.count, body.characters, body.count,
            " \t\r\n", &count, nil, sodium_base64_VARIANT_ORIGINAL)
        guard status == 0, count == target.count else { throw notAKey(.private) }
    }

    /// Decodes a public key's 32 bytes.
    static func decodePublic(_ text: UnsafeRawBufferPointer) throws(SecretaryError) -> [UInt8] {
        guard let bytes = try unsafe Base64.decode(body(of: .public, in: text)), bytes.count == PublicKey.count else {
            throw notAKey(.public)
        }
        return bytes
    }

    private static func notAKey(_ half: Half) -> SecretaryError {
        SecretaryError(.malformed, "not a \(half.name): expected PEM or base64 of \(PublicKey.count) bytes")
    }

    /// Whether the text is meant as PEM, however broken it may be.
    static func isPEM(_ text: UnsafeRawBufferPointer) -> Bool {
        unsafe find(beginning, in: text, from: 0) != nil
    }

    private static let beginning = "-----BEGIN "

    /// The base64 inside the PEM block, or the whole text when there is no PEM in it.
    private static func body(of half: Half, in text: UnsafeRawBufferPointer) throws(SecretaryError)
        -> UnsafeRawBufferPointer
    {
        guard let begin = unsafe find(beginning, in: text, from: 0) else { return unsafe text }
        let labelStart = begin + beginning.utf8.count
        guard let labelEnd = unsafe find("-----", in: text, from: labelStart) else {
            throw SecretaryError(.malformed, "not a \(half.name): the PEM text is cut off")
        }
        let label = unsafe text[labelStart..<labelEnd]
        let other: Half = half == .public ? .private : .public
        if unsafe label.elementsEqual(other.rawValue.utf8) {
            throw SecretaryError(.malformed, "this is a \(other.name), where a \(half.name) is needed")
        }
        guard unsafe label.elementsEqual(half.rawValue.utf8) else {
            throw SecretaryError(.malformed, "not a \(half.name): the PEM text is not labelled \(half.rawValue)")
        }
        let bodyStart = labelEnd + 5
        guard let end = unsafe find("-----END \(half.rawValue)-----", in: text, from: bodyStart) else {
            throw SecretaryError(.malformed, "not a \(half.name): the PEM text is cut off")
        }
        // Header lines ("Name: value") end with an empty line; base64 has no colon.
        var start = bodyStart
        while let colon = unsafe find(":", in: text, from: start), colon < end {
            guard let newline = unsafe find("\n", in: text, from: colon), newline < end else { break }
            start = newline + 1
        }
        return unsafe UnsafeRawBufferPointer(rebasing: text[start..<end])
    }

    private static func find(_ pattern: String, in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let count = pattern.utf8.count
        var position = start
        while position + count <= text.count {
            if unsafe text[position..<position + count].elementsEqual(pattern.utf8) { return position }
            position += 1
        }
        return nil
    }

    /// Number of bytes of a key in base64.
    static let base64Count = 44

    /// The PEM text of a key: three lines, as Go's `pem.Encode` writes it.
    static func encode(_ half: Half, _ key: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
        let (head, tail) = frame(half)
        unsafe target.copyBytes(from: head)
        // Ends with a NUL, which the tail replaces.
        let body = unsafe target.part(head.count, base64Count + 1)
        unsafe sodium_bin2base64(
            body.characters, body.count, key.octets, key.count,
            sodium_base64_VARIANT_ORIGINAL)
        unsafe target.part(head.count + base64Count, tail.count).copyBytes(from: tail)
    }

    static func encodedCount(_ half: Half) -> Int {
        let (head, tail) = frame(half)
        return head.count + base64Count + tail.count
    }

    private static func frame(_ half: Half) -> (head: [UInt8], tail: [UInt8]) {
        (Array("-----BEGIN \(half.rawValue)-----\n".utf8), Array("\n-----END \(half.rawValue)-----\n".utf8))
    }
}

extension PublicKey {
    /// Reads PEM or bare base64.
    /// - Throws: `.malformed`, saying what is wrong but never showing the text.
    public init(text: [UInt8]) throws(SecretaryError) {
        self = try unsafe text.withOctets { (text) throws(SecretaryError) in try unsafe PublicKey(text: text) }
    }

    init(text: UnsafeRawBufferPointer) throws(SecretaryError) {
        try self.init(bytes: unsafe KeyText.decodePublic(text))
    }

    /// The key in base64.
    public var base64: String { bytes.base64 }

    public var pem: [UInt8] {
        let count = KeyText.encodedCount(.public)
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { target, used in
            unsafe bytes.withOctets { key in
                unsafe KeyText.encode(.public, key, into: UnsafeMutableRawBufferPointer(target))
            }
            used = count
        }
    }
}

extension PrivateKey {
    /// Reads PEM or bare base64 straight into guarded memory.
    /// - Throws: `.malformed`, saying what is wrong but never showing the text.
    public convenience init(text: UnsafeRawBufferPointer) throws(SecretaryError) {
        let bytes = try unsafe SecretBytes(count: PrivateKey.count) { (target) throws(SecretaryError) in
            try unsafe KeyText.decodePrivate(text, into: target)
        }
        try self.init(bytes)
    }

    /// The PEM text, in guarded memory.
    /// - Throws: `.system` when guarded memory cannot be had.
    public func pem() throws(SecretaryError) -> SecretBytes {
        try unsafe SecretBytes(count: KeyText.encodedCount(.private)) { target in
            unsafe scalar.withUnsafeBytes { key in unsafe KeyText.encode(.private, key, into: target) }
        }
    }
}
