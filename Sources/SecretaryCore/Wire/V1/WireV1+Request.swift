extension WireV1 {
    /// What is inside the boxes of a request: JSON with `AppID`, `AppVersion`, `TaskID` and `RequestedSecret`.
    public struct Request: Sendable, Hashable {
        public let claim: TaskClaim
        /// Has no name: this protocol knows none.
        public let secret: RequestedSecret

        public init(claim: TaskClaim, secret: RequestedSecret) {
            self.claim = claim
            self.secret = secret
        }

        /// The client's side.
        /// - Returns: the form to be sent.
        public func sealed(with agreement: TaskAgreement) throws(SecretaryError) -> Form {
            let json = JSONText.object([
                ("AppID", .string(claim.app)), ("AppVersion", .string(claim.version)), ("TaskID", .string(claim.id)),
                ("RequestedSecret", .string(String(decoding: secret.text, as: UTF8.self))),
            ])
            let envelope = try unsafe Array(json.line.utf8).withOctets { (json) throws(SecretaryError) in
                try unsafe agreement.sealText(json)
            }
            return Form(claim: claim, envelope: envelope)
        }

        /// The daemon's side.
        /// - Throws: `.malformed` when a box or the JSON is broken; `.wrongKey` when a box does not open; `.denied` when the
        ///   claim inside is not the one of the form.
        public init(opening form: Form, with agreement: TaskAgreement) throws(SecretaryError) {
            let box = try unsafe form.envelope.withOctets { (text) throws(SecretaryError) in
                try unsafe agreement.innermostBox(ofText: text)
            }
            var json = [UInt8](repeating: 0, count: box.plaintextCount)
            let isOpen = unsafe json.withUnsafeMutableBytes { unsafe agreement.innermost.open(box, into: $0) }
            try agreement.requireOpen(isOpen)
            let members = try FlatJSON.strings(in: json)
            func member(_ name: String) throws(SecretaryError) -> String {
                guard let value = members[name] else {
                    throw SecretaryError(.malformed, "the request has no \(name)")
                }
                return value
            }
            claim = TaskClaim(app: try member("AppID"), version: try member("AppVersion"), id: try member("TaskID"))
            guard claim == form.claim else {
                throw SecretaryError(.denied, "the sealed request is another task's than the form says")
            }
            secret = RequestedSecret(name: nil, text: Array(try member("RequestedSecret").utf8))
        }
    }
}
