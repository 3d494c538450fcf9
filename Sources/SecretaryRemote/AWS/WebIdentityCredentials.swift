internal import SecretaryCore
internal import SystemPackage

/// A role that is assumed with a token that somebody else vouches for, such as Kubernetes: `AWS_WEB_IDENTITY_TOKEN_FILE`,
/// `AWS_ROLE_ARN` and `AWS_ROLE_SESSION_NAME`.
struct WebIdentityCredentials: AWSCredentialSource {
    let environment: AWSEnvironment
    let client: HTTPClient

    func credentials() throws(AWSSourceFailure) -> AWSCredentials {
        guard let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"] else {
            throw .absent("$AWS_WEB_IDENTITY_TOKEN_FILE is not set")
        }
        guard let role = environment["AWS_ROLE_ARN"] else {
            throw .broken(
                SecretaryError(.noInput, "$AWS_WEB_IDENTITY_TOKEN_FILE is set, but $AWS_ROLE_ARN is not"))
        }
        do throws(SecretaryError) {
            return try AWSTokenService(environment: environment, client: client).assumeRole(
                role, session: environment["AWS_ROLE_SESSION_NAME"] ?? AWSTokenService.sessionName,
                webIdentityTokenFile: FilePath(file))
        } catch {
            throw .broken(error)
        }
    }
}
