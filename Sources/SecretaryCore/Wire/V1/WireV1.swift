/// The protocol of the original: `POST /v1/decrypt`, one secret a request, byte-compatible in both directions.
///
/// See `Documentation/protocol.md`.
public enum WireV1 {
    public static let path = "/v1/decrypt"
    public static let contentType = "application/x-www-form-urlencoded"
}

extension WireV1 {
    /// The body of a request: the claim in the clear, and the sealed request.
    public struct Form: Sendable, Hashable {
        public let claim: TaskClaim
        /// `ENC[NACL,base64]`.
        public let envelope: [UInt8]

        public init(claim: TaskClaim, envelope: [UInt8]) {
            self.claim = claim
            self.envelope = envelope
        }

        /// Reads a form; of a field that is there several times the first counts, and fields with other names do not.
        /// - Returns: `nil` when one of the four fields is missing or empty.
        /// - Throws: `.malformed` for what is not a form, and for a claim that cannot be one.
        public init?(parsing body: [UInt8]) throws(SecretaryError) {
            let fields = try FormFields.parse(body)
            func field(_ name: String) -> [UInt8]? {
                guard let value = fields.first(where: { $0.name.elementsEqual(name.utf8) })?.value else { return nil }
                return value.isEmpty ? nil : value
            }
            guard let app = field("appid"), let version = field("appversion"), let id = field("taskid"),
                let envelope = field("envelope")
            else { return nil }
            claim = try TaskClaim(app: app, version: version, id: id)
            self.envelope = envelope
        }

        /// The form as it is sent.
        public var body: [UInt8] {
            FormFields.encode([
                ("appid", Array(claim.app.utf8)), ("appversion", Array(claim.version.utf8)),
                ("taskid", Array(claim.id.utf8)), ("envelope", envelope),
            ])
        }
    }
}
