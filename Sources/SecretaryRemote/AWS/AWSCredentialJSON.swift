internal import SecretaryCore

extension AWSCredentials {
    /// Reads what container endpoints and instance metadata answer: an object with `AccessKeyId`, `SecretAccessKey`, `Token`
    /// and `Expiration`.
    /// - Throws: `.malformed` when one is missing.
    init(json body: consuming SecretBytes, source: String) throws(SecretaryError) {
        let json = try SecretJSON(body)
        guard let key = try json.string("AccessKeyId"), let secret = try json.secret("SecretAccessKey") else {
            throw SecretaryError(.malformed, "\(source): the answer holds no credentials")
        }
        self.init(
            accessKeyID: key, secretAccessKey: HTTPSecret(secret),
            expiry: try json.string("Expiration").flatMap { Timestamp.parse($0) }, source: source)
        if let token = try json.secret("Token") { sessionToken = HTTPSecret(token) }
    }
}
