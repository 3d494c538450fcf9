internal import SecretaryCore

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; and the names that came before, `AWS_ACCESS_KEY` and
/// `AWS_SECRET_KEY`.
struct EnvironmentCredentials: AWSCredentialSource {
    let environment: AWSEnvironment

    func credentials() throws(AWSSourceFailure) -> AWSCredentials {
        guard let key = environment["AWS_ACCESS_KEY_ID"] ?? environment["AWS_ACCESS_KEY"] else {
            throw .absent("$AWS_ACCESS_KEY_ID is not set")
        }
        let secret: HTTPSecret?
        let token: HTTPSecret?
        do throws(SecretaryError) {
            let name = environment.has("AWS_SECRET_ACCESS_KEY") ? "AWS_SECRET_ACCESS_KEY" : "AWS_SECRET_KEY"
            secret = try environment.secret(name)
            token = try environment.secret("AWS_SESSION_TOKEN")
        } catch {
            throw .broken(error)
        }
        guard let secret else {
            throw .broken(
                SecretaryError(
                    .noInput, "$AWS_ACCESS_KEY_ID is set, but $AWS_SECRET_ACCESS_KEY is not",
                    hint: "set both, or neither"))
        }
        return AWSCredentials(
            accessKeyID: key, secretAccessKey: secret, sessionToken: token, source: "$AWS_ACCESS_KEY_ID")
    }
}
