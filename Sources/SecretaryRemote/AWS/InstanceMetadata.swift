internal import SecretaryCore

/// What a machine of EC2 can ask about itself (IMDSv2; docs.aws.amazon.com, "Access instance metadata").
struct InstanceMetadata: Sendable {
    let environment: AWSEnvironment
    private let client = HTTPClient(.withoutProxy(connectTimeout: .seconds(1)))

    init(environment: AWSEnvironment) {
        self.environment = environment
    }

    var address: String { environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "http://169.254.169.254" }

    var isDisabled: Bool { environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" }

    /// The answer to a question; `nil` when the machine has none.
    /// - Throws: `.unavailable` or `.timedOut` where there is no metadata, as outside of EC2.
    func get(_ path: String, with token: HTTPSecret) throws(SecretaryError) -> SecretBytes? {
        var request = HTTPRequest(.get, url: HTTPURL.join(address, path), limit: 64 << 10)
        request.secretHeaders = [("X-aws-ec2-metadata-token", token)]
        let response = try client.send(request, timeout: .seconds(2))
        if response.status == 404 { return nil }
        try check(response.status)
        return response.body
    }

    /// A session: its token goes with every question.
    func token() throws(SecretaryError) -> HTTPSecret {
        let request = HTTPRequest(
            .put, url: HTTPURL.join(address, "/latest/api/token"),
            headers: [("X-aws-ec2-metadata-token-ttl-seconds", "300")], limit: 4096)
        let response = try client.send(request, timeout: .seconds(2))
        try check(response.status)
        return HTTPSecret(response.body)
    }

    private func check(_ status: Int) throws(SecretaryError) {
        guard status == 200 else {
            throw SecretaryError(.unavailable, "instance metadata at \(address) answered with status \(status)")
        }
    }

    /// The region that the machine is in; `nil` outside of EC2.
    func region() -> String? {
        guard !isDisabled, let token = try? token(),
            let text = try? get("/latest/meta-data/placement/region", with: token)
        else { return nil }
        return unsafe text.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

/// The role of a machine of EC2.
struct InstanceCredentials: AWSCredentialSource {
    let metadata: InstanceMetadata

    private static let path = "/latest/meta-data/iam/security-credentials/"

    func credentials() throws(AWSSourceFailure) -> AWSCredentials {
        guard !metadata.isDisabled else {
            throw .absent("instance metadata is switched off by $AWS_EC2_METADATA_DISABLED")
        }
        let token: HTTPSecret
        do throws(SecretaryError) {
            token = try metadata.token()
        } catch {
            throw .absent("no instance metadata: \(error.message)")
        }
        do throws(SecretaryError) {
            guard let name = try metadata.get(InstanceCredentials.path, with: token) else {
                throw SecretaryError(.noInput, "this machine has no role")
            }
            let role = unsafe name.withUnsafeBytes { unsafe String(decoding: $0.prefix { $0 > 0x20 }, as: UTF8.self) }
            guard let body = try metadata.get(InstanceCredentials.path + role, with: token) else {
                throw SecretaryError(.noInput, "the role '\(role)' of this machine has no credentials")
            }
            return try AWSCredentials(json: body, source: "the role '\(role)' of this machine")
        } catch {
            if error.code == .noInput { throw .absent(error.message) }
            throw .broken(error.prefixed("instance metadata"))
        }
    }
}
