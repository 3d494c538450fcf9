internal import SecretaryCore
internal import SystemPackage

/// Who asks AWS, and where: credentials and region, looked for in the order of AWS's own programs.
///
/// Credentials that end are replaced before they do, by one thread; the others go on with those at hand as long as they last,
/// and wait for the new ones after that.
public final class AWSAccount: Sendable {
    let environment: AWSEnvironment
    /// For AWS's own services.
    let client: HTTPClient
    private let state = Monitor(State())

    private struct State {
        var current: AWSCredentials?
        var isRenewing = false
        var region: String?
    }

    /// How long before their end credentials are replaced.
    private static let renewal: Duration = .seconds(300)
    /// Credentials that end sooner are not used.
    private static let margin: Duration = .seconds(10)

    public init(environment: AWSEnvironment = .process) {
        self.environment = environment
        var settings = HTTPSettings()
        settings.certificateAuthorities = environment["AWS_CA_BUNDLE"].map { FilePath($0) }
        client = HTTPClient(settings)
    }

    /// Credentials that are good for now.
    /// - Throws: `.noInput` with every place that was looked at when there are none, and what a place that is set up throws.
    func credentials() throws(SecretaryError) -> AWSCredentials {
        let usable: AWSCredentials?? = state.wait { state in
            if let current = state.current {
                if current.lasts(AWSAccount.renewal) || state.isRenewing && current.lasts(AWSAccount.margin) {
                    return .some(current)
                }
            }
            if state.isRenewing { return nil }
            state.isRenewing = true
            return .some(nil)
        }
        if let usable, let usable { return usable }
        defer {
            state.withLock { $0.isRenewing = false }
            state.notify()
        }
        do throws(SecretaryError) {
            let found = try search()
            state.withLock { $0.current = found }
            return found
        } catch {
            // Those at hand are better than none while they last.
            let current = state.withLock { $0.current }
            if let current, current.lasts(AWSAccount.margin) { return current }
            throw error
        }
    }

    /// Forgets credentials that AWS does not accept any more.
    func discard(_ credentials: AWSCredentials) {
        state.withLock { state in
            if state.current?.secretAccessKey === credentials.secretAccessKey { state.current = nil }
        }
    }

    private func search() throws(SecretaryError) -> AWSCredentials {
        let sources: [any AWSCredentialSource] = [
            EnvironmentCredentials(environment: environment),
            WebIdentityCredentials(environment: environment, client: client),
            ProfileCredentials(environment: environment, client: client),
            ContainerCredentials(environment: environment),
            InstanceCredentials(metadata: InstanceMetadata(environment: environment)),
        ]
        var reasons: [String] = []
        for source in sources {
            do throws(AWSSourceFailure) {
                return try source.credentials()
            } catch {
                switch error {
                case .absent(let reason): reasons.append(reason)
                case .broken(let error): throw error
                }
            }
        }
        throw SecretaryError(
            .noInput, "no AWS credentials: \(reasons.joined(separator: "; "))",
            hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
    }

    /// The region of the caller.
    /// - Throws: `.noInput` when nothing says which.
    func region() throws(SecretaryError) -> String {
        if let region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] { return region }
        if let region = try profile()?["region"] { return region }
        if let known = state.withLock({ $0.region }) { return known }
        guard let region = InstanceMetadata(environment: environment).region() else {
            throw SecretaryError(
                .noInput,
                "no AWS region: $AWS_REGION is not set, no profile names one, and there is no instance metadata",
                hint: "set AWS_REGION, for example to eu-west-1")
        }
        state.withLock { $0.region = region }
        return region
    }

    /// What the files say, beside credentials, for the profile that is selected.
    func profile() throws(SecretaryError) -> AWSProfileFiles.Profile? {
        let files = try AWSProfileFiles(environment)
        return files.profiles[files.selected]
    }
}
