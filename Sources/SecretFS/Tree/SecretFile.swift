public import SecretaryCore

/// A file whose content has to be decrypted: what it is composed of and who may have it.
///
/// Holds no plaintext, and never changes.
public final class SecretFile: Sendable {
    public enum Content: Sendable {
        /// The text of one value, or of a whole config file.
        case value(Value)
        /// Several values composed into one text.
        case rendering(Rendering)
    }

    public let content: Content
    /// The name that a scope's `#NAME` has to be; `nil` where the file as a whole has none.
    public let name: String?
    /// Which of those whom its permissions admit may open it.
    public let readers: ReaderRules
    /// Decides and decrypts.
    public let opener: SecretOpener
    /// Where it is written: `FILE:LINE:COLUMN`.
    public let source: String
    /// Where it is shown: its path in the mount.
    public let path: String
    /// The volume that it is in; `nil` where there are none.
    let volume: VolumeAccess?
    /// Whether decrypting it may wait for something outside this process.
    let mayBlock: Bool
    /// Names this version: a digest of everything encrypted and literal in it.
    public let version: [UInt8]
    /// The same in hexadecimal digits.
    let versionText: String
    /// The scopes of its envelopes, each once.
    let scopes: [String]
    /// The same in one text; `nil` for none.
    let scopeText: String?

    /// - Parameter path: from the volume's folder, if it is in a volume.
    init(
        content: Content, name: String?, readers: ReaderRules = ReaderRules(), opener: SecretOpener, source: String,
        path: String = "", volume: VolumeAccess? = nil
    ) {
        self.content = content
        self.name = name
        self.readers = readers
        self.opener = opener
        self.source = source
        self.path = volume.map { "\($0.name)/\(path)" } ?? path
        self.volume = volume
        // For each open the same, so computed once.
        let envelopes = Self.envelopes(of: content)
        mayBlock = envelopes.contains { opener.decryptor.mayBlock(on: $0) }
        scopes = Set(envelopes.compactMap { $0.scope?.description }).sorted()
        scopeText = scopes.isEmpty ? nil : scopes.joined(separator: " ")
        version =
            switch content {
            case .value(let value): value.digest
            case .rendering(let rendering): rendering.digest
            }
        versionText = version.hexadecimal
    }

    /// Exact size of the plaintext in bytes.
    ///
    /// What cannot be read as an envelope has no size; such a file is never empty, because nobody asks for the content of
    /// an empty file, and nobody would hear of the error.
    public var size: Int {
        switch content {
        case .value(let value): value.isMalformed ? max(value.plaintextCount, 1) : value.plaintextCount
        case .rendering(let rendering): rendering.isMalformed ? max(rendering.count, 1) : rendering.count
        }
    }

    /// Everything in it that is encrypted.
    var envelopes: [Envelope] { Self.envelopes(of: content) }

    /// Those that somebody outside has to open, under the names by which he is asked.
    var expected: [ExpectedSecret] {
        guard mayBlock else { return [] }
        let all =
            switch content {
            case .value(let value): value.envelopes.map { ExpectedSecret(envelope: $0, name: name) }
            case .rendering(let rendering):
                rendering.values.flatMap { leaf in
                    leaf.value.value.envelopes.map { ExpectedSecret(envelope: $0, name: leaf.name) }
                }
            }
        return all.filter { opener.decryptor.mayBlock(on: $0.envelope) }
    }

    /// How what others have opened of it is kept; `nil` when not all of that is, or there is none.
    var keptState: KeptState? {
        guard mayBlock else { return nil }
        let states = expected.map { opener.decryptor.state(of: $0.envelope, name: $0.name) }
        guard !states.contains(nil) else { return nil }
        return states.contains(.stale) ? .stale : .fresh
    }

    private static func envelopes(of content: Content) -> [Envelope] {
        switch content {
        case .value(let value): value.envelopes
        case .rendering(let rendering): rendering.values.flatMap(\.value.value.envelopes)
        }
    }

    /// Decides whether the scopes let the mount's identity have it, before any key is touched.
    /// - Throws: `.denied`, naming the scope.
    func checkScopes() throws(SecretaryError) {
        switch content {
        case .value(let value): try opener.check(value, name: name)
        case .rendering(let rendering): try rendering.check(with: opener)
        }
    }

    /// The one way from here to plaintext.
    func open() throws(SecretaryError) -> SecretBytes {
        switch content {
        case .value(let value): try opener.open(value, name: name)
        case .rendering(let rendering): try rendering.compose(with: opener)
        }
    }
}
