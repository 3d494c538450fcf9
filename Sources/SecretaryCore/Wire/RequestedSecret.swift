/// One envelope that a client wants opened.
public struct RequestedSecret: Sendable, Hashable {
    /// What the client calls it: the variable, or the dotted path in a file; `nil` when it has no name.
    public let name: String?
    /// `ENC[TYPE,base64]`, without white space.
    public let text: [UInt8]

    public init(name: String?, text: [UInt8]) {
        self.name = name
        self.text = text
    }

    public init(name: String?, envelope: Envelope) {
        self.init(name: name, text: envelope.text)
    }

    /// The envelope that the text is.
    /// - Throws: `.malformed` when it is none, or more than one.
    public func envelope() throws(SecretaryError) -> Envelope {
        let pieces = Value(scanning: text).pieces
        guard pieces.count == 1, let piece = pieces.first else { throw RequestedSecret.notAnEnvelope }
        switch piece {
        case .envelope(let envelope): return envelope
        case .malformed(let error): throw error
        case .literal: throw RequestedSecret.notAnEnvelope
        }
    }

    private static let notAnEnvelope = SecretaryError(.malformed, "what is asked for is not one envelope")
}
