/// Our protocol: `POST /v2/decrypt`, many secrets in one sealed request, with time and nonce.
///
/// Binary; numbers are big-endian. `Documentation/protocol.md` has the layout; the types here are its parts:
/// `SealedRequest` is the body as it comes, `Request` what is in its boxes, `Exchange` the client's side, `Answer` what comes
/// back, `Refusal` what comes instead when nothing could be answered.
public enum WireV2 {
    public static let path = "/v2/decrypt"
    public static let contentType = "application/octet-stream"

    /// The most secrets in one request.
    public static let maximumSecretCount = 1000
    /// The most bytes of a secret's name.
    public static let maximumNameCount = 1024
    /// The most bytes of an error's text.
    public static let maximumErrorTextCount = 200
    /// Number of bytes of a request's nonce.
    public static let nonceCount = 24

    // What a box is for begins what is in it: no message of one kind can be taken for one of another, or of version 1.
    static let requestLabel = Array("secretary/request/2".utf8)
    static let answerLabel = Array("secretary/answer/2".utf8)

    /// Text that came from the other side, fit for a terminal and a log: short, and without control characters.
    static func printable(_ text: some Sequence<UInt8>) -> String {
        let characters = String(decoding: Array(text.prefix(maximumErrorTextCount)), as: UTF8.self).unicodeScalars
        return String(String.UnicodeScalarView(characters.filter { !$0.properties.isControl }))
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isControl: Bool {
        switch generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }
}
