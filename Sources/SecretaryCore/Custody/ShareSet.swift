/// The shares of a key that were made together, as far as everybody may know: whose key it is, who has which share, and how
/// to tell a true share from a false one.
///
/// A JSON file beside the shares. Who has to put the key together, such as a daemon, needs no more than this.
public struct ShareSet: Sendable, Hashable {
    /// One share, and who has it.
    public struct Member: Sendable, Hashable {
        public let number: UInt8
        /// What people call the operator.
        public let name: String
        /// The key that the share is sealed to.
        public let operatorKey: PublicKey
        /// `KeyShare.digest`.
        public let digest: [UInt8]

        public init(share: KeyShare, name: String, operatorKey: PublicKey) {
            self.init(number: share.number, name: name, operatorKey: operatorKey, digest: share.digest)
        }

        fileprivate init(number: UInt8, name: String, operatorKey: PublicKey, digest: [UInt8]) {
            self.number = number
            self.name = name
            self.operatorKey = operatorKey
            self.digest = digest
        }
    }

    public let identifier: UInt64
    public let key: PublicKey
    public let threshold: Int
    public let members: [Member]

    /// - Parameters:
    ///   - identifier: what its shares call the set.
    ///   - key: the public half of what the shares make up.
    public init(identifier: UInt64, key: PublicKey, threshold: Int, members: [Member]) {
        self.identifier = identifier
        self.key = key
        self.threshold = threshold
        self.members = members
    }

    /// The text of the file.
    public var text: [UInt8] {
        let members = members.map { member in
            JSONText.object([
                ("number", .number(Int(member.number))), ("operator", .string(member.name)),
                ("operator_key", .string(member.operatorKey.base64)),
                ("digest", .string(member.digest.hexadecimal)),
            ])
        }
        let file = JSONText.object([
            ("version", .number(1)), ("set", .string("\(KeyID(rawValue: identifier))")),
            ("master_key", .string(key.base64)), ("threshold", .number(threshold)),
            ("shares", .array(members)),
        ])
        return Array((file.lines() + "\n").utf8)
    }

    /// Reads such a file.
    /// - Throws: `.configuration`, `FILE:LINE:COLUMN: what`, and `.malformed` when it is not JSON.
    public init(text: [UInt8], name: String) throws(SecretaryError) {
        let source = SourceText(name: name, bytes: text)
        guard text.count <= 1 << 20 else { throw source.malformed("larger than any set of shares", at: 0) }
        let file = try SettingsSection(
            JSONReader.read(source), name: "", at: SourceLocation(line: 1, column: 1, range: 0..<0), in: source,
            keys: ["version", "set", "master_key", "threshold", "shares"])
        _ = try file.required("version", file.number("version", in: 1...1))
        identifier = try file.required(
            "set",
            file.value("set") { text throws(SecretaryError) in
                guard text.utf8.count == 16, let set = UInt64(text, radix: 16) else {
                    throw SecretaryError(.configuration, "16 hexadecimal digits should be here")
                }
                return set
            })
        key = try file.required("master_key", file.value("master_key", ShareSet.publicKey))
        var members: [Member] = []
        for section in try file.sections("shares", keys: ["number", "operator", "operator_key", "digest"]) {
            let member = try ShareSet.member(section)
            guard !members.contains(where: { $0.number == member.number }) else {
                throw section.error("share \(member.number) is there twice", at: section.location)
            }
            members.append(member)
        }
        self.members = members
        threshold = try file.required("threshold", file.number("threshold", in: 1...max(1, members.count)))
    }

    private static func member(_ section: SettingsSection) throws(SecretaryError) -> Member {
        let number = try section.required("number", section.number("number", in: 1...SecretSharing.maximumCount))
        let digest = try section.required(
            "digest",
            section.value("digest") { text throws(SecretaryError) in
                guard let digest = [UInt8](hexadecimal: text), digest.count == BLAKE2b.count else {
                    throw SecretaryError(.configuration, "\(2 * BLAKE2b.count) hexadecimal digits should be here")
                }
                return digest
            })
        return Member(
            number: UInt8(number), name: try section.required("operator", section.text("operator")?.text),
            operatorKey: try section.required("operator_key", section.value("operator_key", publicKey)), digest: digest)
    }

    private static func publicKey(_ text: String) throws(SecretaryError) -> PublicKey {
        try PublicKey(text: Array(text.utf8))
    }
}
