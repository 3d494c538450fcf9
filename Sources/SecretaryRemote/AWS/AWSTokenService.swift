internal import SecretaryCore
internal import SystemPackage

/// AWS STS: temporary credentials of a role, in exchange for credentials or a token (docs.aws.amazon.com, "AssumeRole",
/// "AssumeRoleWithWebIdentity").
struct AWSTokenService: Sendable {
    let environment: AWSEnvironment
    var profile: AWSProfileFiles.Profile?
    let client: HTTPClient

    static let sessionName = "secretary"

    /// - Throws: what STS's errors are, and `.noInput` for the token.
    func assumeRole(_ role: String, session: String, webIdentityTokenFile file: FilePath) throws(SecretaryError)
        -> AWSCredentials
    {
        let token = try HTTPSecret(readingToken: file)
        let form =
            AWSTokenService.form(
                ["Action": "AssumeRoleWithWebIdentity", "RoleArn": role, "RoleSessionName": session])
            + Array("&WebIdentityToken=".utf8)
        // Letters, digits, dots, hyphens and underlines (RFC 7519, RFC 4648): a form has them as they are.
        let isToken = unsafe token.bytes.withUnsafeBytes { unsafe $0.allSatisfy(AWSTokenService.isUnreserved) }
        guard isToken else { throw SecretaryError(.malformed, "\(file) does not hold a JSON web token") }
        let body = try unsafe SecretBytes(count: form.count + token.bytes.count) { target in
            unsafe target.copyBytes(from: form)
            unsafe token.bytes.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[form.count...]).copyMemory(from: source)
            }
        }
        let secretBody = HTTPSecret(body)
        return try call("AssumeRoleWithWebIdentity", role: role) { $0.secretBody = secretBody }
    }

    func assumeRole(
        _ role: String, session: String, externalID: String?, duration: String?, with source: AWSCredentials
    ) throws(SecretaryError) -> AWSCredentials {
        var fields = ["Action": "AssumeRole", "RoleArn": role, "RoleSessionName": session]
        fields["ExternalId"] = externalID
        fields["DurationSeconds"] = duration
        let body = AWSTokenService.form(fields)
        return try call("AssumeRole", role: role) { (request) in
            request.body = body
            source.sign(&request, service: "sts", region: region)
        }
    }

    private var region: String {
        environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? profile?["region"] ?? "us-east-1"
    }

    private func call(
        _ action: String, role: String, _ complete: (inout HTTPRequest) -> Void
    ) throws(SecretaryError) -> AWSCredentials {
        let url = try AWSEndpoint.url(
            service: "sts", region: region, environment: environment, configured: profile?["endpoint_url"])
        var request = HTTPRequest(
            .post, url: url, headers: [("Content-Type", "application/x-www-form-urlencoded")], limit: 64 << 10)
        complete(&request)
        let response = try Retry(attempts: 3).callAsNeeded(while: { $0.code == .unavailable }) {
            () throws(SecretaryError) in
            let response = try client.send(request, timeout: .seconds(10))
            guard response.status < 500, response.status != 429 else {
                throw SecretaryError(.unavailable, "\(action): AWS STS answered with status \(response.status)")
            }
            return response
        }
        let status = response.status
        let xml = SecretXML(response.body)
        guard status == 200 else {
            let reason = try xml.string("Code") ?? "status \(status)"
            let detail = try xml.string("Message").map { ": \(AWSFailureText.shown($0))" } ?? ""
            throw SecretaryError(
                .denied, "AWS STS refuses \(action) for \(role) (\(AWSFailureText.shown(reason))\(detail))",
                hint: "see the role's trust policy")
        }
        guard let key = try xml.string("AccessKeyId"), let secret = try xml.secret("SecretAccessKey"),
            let token = try xml.secret("SessionToken")
        else { throw SecretaryError(.malformed, "\(action): the answer of AWS STS holds no credentials") }
        return AWSCredentials(
            accessKeyID: key, secretAccessKey: HTTPSecret(secret), sessionToken: HTTPSecret(token),
            expiry: try xml.string("Expiration").flatMap { Timestamp.parse($0) }, source: "the role \(role)")
    }

    /// `application/x-www-form-urlencoded`, in the order of the names.
    private static func form(_ fields: [String: String]) -> [UInt8] {
        let version = fields.merging(["Version": "2011-06-15"]) { $1 }
        return Array(
            version.sorted { $0.key < $1.key }.map { "\($0.key)=\(escaped($0.value))" }.joined(separator: "&").utf8)
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            if isUnreserved(byte) { return String(Character(Unicode.Scalar(byte))) }
            return (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
