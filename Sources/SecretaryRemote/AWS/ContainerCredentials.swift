internal import SecretaryCore
internal import SystemPackage

/// The endpoint that ECS and EKS give to containers.
///
/// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` at the address of ECS, or `AWS_CONTAINER_CREDENTIALS_FULL_URI`, with the token of
/// `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` or `AWS_CONTAINER_AUTHORIZATION_TOKEN`. (docs.aws.amazon.com, "Container
/// credential provider")
struct ContainerCredentials: AWSCredentialSource {
    let environment: AWSEnvironment

    private static let address = "http://169.254.170.2"
    /// Where plain HTTP does not leave the host: besides loopback, the agents of ECS and EKS.
    private static let localHosts = [
        "localhost", "127.0.0.1", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]",
    ]

    func credentials() throws(AWSSourceFailure) -> AWSCredentials {
        let url: String
        if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
            url = ContainerCredentials.address + path
        } else if let full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
            url = full
        } else {
            throw .absent("$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set")
        }
        do throws(SecretaryError) {
            return try ask(url)
        } catch {
            throw .broken(error.prefixed("container credentials"))
        }
    }

    private func ask(_ url: String) throws(SecretaryError) -> AWSCredentials {
        let host = try HTTPURL(parsing: url).host
        guard url.hasPrefix("https://") || ContainerCredentials.localHosts.contains(HTTPURL.withoutPort(host)) else {
            throw SecretaryError(
                .denied, "$AWS_CONTAINER_CREDENTIALS_FULL_URI names \(host): plain HTTP is only for this host",
                hint: "use https")
        }
        var request = HTTPRequest(.get, url: url, headers: [("Accept", "application/json")], limit: 64 << 10)
        if let token = try token() { request.secretHeaders = [("Authorization", token)] }
        let client = HTTPClient(.withoutProxy(connectTimeout: .seconds(2)))
        // Agents that have just started, or have too much to do, answer later.
        let response = try Retry(attempts: 3).callAsNeeded(while: { $0.code != .malformed && $0.code != .denied }) {
            () throws(SecretaryError) in
            let response = try client.send(request, timeout: .seconds(5))
            guard response.status == 200 else {
                throw SecretaryError(
                    response.status < 500 && response.status != 429 ? .denied : .unavailable,
                    "\(host) answered with status \(response.status)")
            }
            return response
        }
        return try AWSCredentials(json: response.body, source: "the container's role")
    }

    private func token() throws(SecretaryError) -> HTTPSecret? {
        guard let file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] else {
            return try environment.secret("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        }
        return try HTTPSecret(readingToken: FilePath(file))
    }
}

extension HTTPSecret {
    /// Reads a token, which is replaced now and then, from its file.
    /// - Throws: `.noInput`.
    convenience init(readingToken file: FilePath) throws(SecretaryError) {
        let text = try HTTPSecret.contents(of: file)
        // Editors and echo leave a line break.
        let count = unsafe text.withUnsafeBytes { bytes in
            unsafe bytes.count - bytes.reversed().prefix { JSONScanner.isSpace($0) }.count
        }
        self.init(
            try unsafe SecretBytes(count: count) { target in
                unsafe text.withUnsafeBytes { bytes in
                    unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                }
            })
    }

    private static func contents(of file: FilePath) throws(SecretaryError) -> SecretBytes {
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly, options: [.closeOnExec])
            defer { try? descriptor.close() }
            return try SecretBytes(readingAll: descriptor, limit: 64 << 10)
        } catch {
            throw SecretaryError(.noInput, "cannot read the token in \(file): \(error)")
        }
    }
}
