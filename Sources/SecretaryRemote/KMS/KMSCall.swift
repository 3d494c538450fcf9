internal import SecretaryCore

/// One call of the KMS API: JSON 1.1 over HTTP (the operation is a header).
struct KMSCall: Sendable {
    enum Operation: String {
        case generateDataKey = "GenerateDataKey"
        case decrypt = "Decrypt"
    }

    let operation: Operation
    /// What the caller named; `nil` where the data key itself says it.
    let keyID: String?
    let scope: Scope?
    private let body: [UInt8]

    init(_ operation: Operation, _ members: [(String, JSONText)], scope: Scope?, keyID: String? = nil) {
        self.operation = operation
        self.keyID = keyID
        self.scope = scope
        let context = scope.map { [("EncryptionContext", JSONText.object([(KMSClient.scopeName, .string("\($0)"))]))] }
        body = Array(JSONText.object(members + (context ?? [])).line.utf8)
    }

    /// The region in a key's full name, `arn:aws:kms:REGION:…`: it need not be set once more.
    var regionOfKey: String? {
        let parts = keyID?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        guard parts.count > 5, parts[0] == "arn", parts[2] == "kms", !parts[3].isEmpty else { return nil }
        return String(parts[3])
    }

    /// Without a signature.
    func request(to url: String) -> HTTPRequest {
        HTTPRequest(
            .post, url: url,
            headers: [
                ("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "TrentService.\(operation.rawValue)"),
            ],
            body: body, limit: 64 << 10)
    }

    var incomplete: SecretaryError {
        SecretaryError(.malformed, "\(operation.rawValue): the answer of AWS KMS holds no data key")
    }
}
