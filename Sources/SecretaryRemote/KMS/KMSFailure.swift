internal import SecretaryCore

/// Why KMS did not do what it was asked, in words that say what to do.
struct KMSFailure: Error {
    var error: SecretaryError
    /// It may work the next time.
    var isPassing = false
    /// Other credentials may work.
    var isAboutCredentials = false

    init(error: SecretaryError, isPassing: Bool) {
        self.error = error
        self.isPassing = isPassing
    }

    /// - Parameter response: one whose status is not 200: an object with `__type`, such as `AccessDeniedException`, and
    ///   `message`, which names keys and who asked.
    init(_ response: consuming HTTPResponse, call: KMSCall, region: String, credentials: AWSCredentials) {
        let status = response.status
        let header = response.header("X-Amzn-ErrorType")
        var kind: String?
        var words = ""
        if let json = try? SecretJSON(response.body) {
            kind = (try? json.string("__type")) ?? nil
            let message = (try? json.string("message")) ?? (try? json.string("Message")) ?? nil
            words = message.map { " (\(AWSFailureText.shown($0)))" } ?? ""
        }
        let name = KMSFailure.name(kind ?? header ?? "")
        let operation = call.operation.rawValue
        let key = call.keyID.map { "the key '\($0)'" } ?? "the key of this secret"
        let kms = "AWS KMS in \(region)"
        switch name {
        case "AccessDeniedException":
            error = SecretaryError(
                .denied, "\(kms) denies \(operation)\(words)",
                hint: "allow kms:\(operation) on \(key) to who has the credentials of \(credentials.source)"
                    + (call.keyID == nil ? "; or the key is in another region: see AWS_REGION" : ""))
        case "NotFoundException":
            error = SecretaryError(
                .noInput, "\(kms) does not know \(key)\(words)",
                hint: "check the id, the account, and the region (AWS_REGION)")
        case "InvalidCiphertextException", "IncorrectKeyException":
            error = SecretaryError(
                .wrongKey, "\(kms) cannot open the data key of this secret",
                hint: "it was sealed in another region or account, or it or its scope was changed")
        case "DisabledException", "KMSInvalidStateException":
            error = SecretaryError(
                .denied, "\(kms): \(key) cannot be used now\(words)", hint: "enable it, or cancel its deletion, in KMS")
        case "InvalidKeyUsageException", "ValidationException":
            error = SecretaryError(.usage, "\(kms) cannot use \(key) for \(operation)\(words)")
        case "ExpiredTokenException", "ExpiredToken":
            error = SecretaryError(
                .unavailable, "the AWS credentials have expired: those of \(credentials.source)",
                hint: "log in to AWS again, or renew them")
            // Where it is known when they end, there are others to be had.
            isPassing = credentials.expiry != nil
            isAboutCredentials = true
        case "UnrecognizedClientException", "InvalidClientTokenId", "MissingAuthenticationTokenException":
            error = SecretaryError(
                .denied, "AWS does not know the credentials of \(credentials.source)\(words)",
                hint: "the access key was deleted, or the session token is missing or of others")
            isAboutCredentials = true
        case "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignatureException":
            error = SecretaryError(
                .denied, "AWS does not accept the signature made with the credentials of \(credentials.source)\(words)",
                hint: "check the secret access key, and this host's clock")
        case "ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded":
            error = SecretaryError(
                .unavailable, "\(kms) throttles: too many requests, after repeated tries",
                hint: "try again later, or have the account's quota for KMS raised")
            isPassing = true
        default:
            let reason = name.isEmpty ? "status \(status)" : "\(name), status \(status)"
            error = SecretaryError(.unavailable, "\(kms) failed to \(operation) (\(reason))")
            isPassing = status >= 500 || status == 429
        }
    }

    /// `com.amazonaws.kms#NotFoundException` and `NotFoundException:http://…` are NotFoundException.
    private static func name(_ kind: String) -> String {
        let last = kind.split(separator: "#").last ?? ""
        return String(last.prefix { $0.isASCII && $0.isLetter })
    }
}
