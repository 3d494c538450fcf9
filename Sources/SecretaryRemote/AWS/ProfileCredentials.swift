internal import SecretaryCore
internal import SystemPackage

/// The credentials of a profile: written in a file, or those of a role that the profile names.
struct ProfileCredentials: AWSCredentialSource {
    let environment: AWSEnvironment
    let client: HTTPClient

    func credentials() throws(AWSSourceFailure) -> AWSCredentials {
        let files: AWSProfileFiles
        do throws(SecretaryError) {
            files = try AWSProfileFiles(environment)
        } catch {
            throw .broken(error)
        }
        let places = "\(files.credentialsFile) and \(files.configFile)"
        guard let profile = files.profiles[files.selected] else {
            guard files.isSelected else { throw .absent("there is no profile 'default' in \(places)") }
            throw .broken(
                SecretaryError(
                    .noInput, "$AWS_PROFILE is '\(files.selected)', and there is no such profile in \(places)"))
        }
        do throws(SecretaryError) {
            if let found = try credentials(of: files.selected, in: files, visited: []) { return found }
        } catch {
            throw .broken(error.prefixed("AWS profile '\(files.selected)'"))
        }
        let unsupported = ["sso_session", "sso_start_url", "credential_process"].first { profile[$0] != nil }
        if let unsupported {
            throw .broken(
                SecretaryError(
                    .configuration,
                    "AWS profile '\(files.selected)': \(unsupported) is not supported",
                    hint: "aws configure export-credentials --format env prints variables that are"))
        }
        throw .absent("the profile '\(files.selected)' in \(places) holds no credentials")
    }

    /// - Parameter visited: profiles that need this one.
    /// - Returns: `nil` when the profile says nothing about credentials.
    private func credentials(
        of name: String, in files: AWSProfileFiles, visited: [String]
    ) throws(SecretaryError) -> AWSCredentials? {
        guard let profile = files.profiles[name] else {
            throw SecretaryError(.noInput, "source_profile '\(name)' does not exist")
        }
        // A profile may be its own source: then its keys are meant.
        if let role = profile["role_arn"], visited.last != name {
            guard !visited.contains(name) else {
                throw SecretaryError(.configuration, "the profiles \(visited.joined(separator: ", ")) need each other")
            }
            return try assume(role, profile, in: files, visited: visited + [name])
        }
        guard let key = profile["aws_access_key_id"] else { return nil }
        guard let secret = profile.secrets["aws_secret_access_key"] else {
            throw SecretaryError(.noInput, "aws_access_key_id is there, but aws_secret_access_key is not")
        }
        return AWSCredentials(
            accessKeyID: key, secretAccessKey: secret, sessionToken: profile.secrets["aws_session_token"],
            source: "AWS profile '\(name)'")
    }

    private func assume(
        _ role: String, _ profile: AWSProfileFiles.Profile, in files: AWSProfileFiles, visited: [String]
    ) throws(SecretaryError) -> AWSCredentials {
        let service = AWSTokenService(environment: environment, profile: profile, client: client)
        let session = profile["role_session_name"] ?? AWSTokenService.sessionName
        if let file = profile["web_identity_token_file"] {
            return try service.assumeRole(role, session: session, webIdentityTokenFile: FilePath(file))
        }
        if profile["mfa_serial"] != nil {
            throw SecretaryError(.configuration, "mfa_serial is not supported: nobody is here to be asked for a code")
        }
        let source: AWSCredentials?
        if let name = profile["source_profile"] {
            source = try credentials(of: name, in: files, visited: visited)
        } else if let kind = profile["credential_source"] {
            source = try credentials(from: kind)
        } else {
            throw SecretaryError(.configuration, "role_arn needs source_profile or credential_source")
        }
        guard let source else { throw SecretaryError(.noInput, "the source of its role holds no credentials") }
        return try service.assumeRole(
            role, session: session, externalID: profile["external_id"], duration: profile["duration_seconds"],
            with: source)
    }

    private func credentials(from kind: String) throws(SecretaryError) -> AWSCredentials {
        let source: any AWSCredentialSource
        switch kind {
        case "Environment": source = EnvironmentCredentials(environment: environment)
        case "EcsContainer": source = ContainerCredentials(environment: environment)
        case "Ec2InstanceMetadata": source = InstanceCredentials(metadata: InstanceMetadata(environment: environment))
        default: throw SecretaryError(.configuration, "credential_source '\(kind)' is not known")
        }
        do throws(AWSSourceFailure) {
            return try source.credentials()
        } catch {
            switch error {
            case .absent(let reason): throw SecretaryError(.noInput, "credential_source \(kind): \(reason)")
            case .broken(let error): throw error
            }
        }
    }
}
