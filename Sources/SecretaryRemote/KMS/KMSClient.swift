public import SecretaryCore

/// AWS KMS: makes data keys, and opens them (docs.aws.amazon.com, "AWS KMS API Reference").
///
/// A scope is the encryption context `secretary:scope`: KMS opens the data key only for the same scope, policies in IAM can ask
/// for it, and CloudTrail shows it.
public final class KMSClient: DataKeyService {
    /// The name of the scope in the encryption context.
    static let scopeName = "secretary:scope"

    private let account: AWSAccount
    private let timeout: Duration

    /// Looks for nothing yet: neither credentials nor region nor libcurl.
    /// - Parameter timeout: for one request; those that are repeated take longer together.
    public init(account: AWSAccount = AWSAccount(), timeout: Duration = .seconds(10)) {
        self.account = account
        self.timeout = timeout
    }

    public func generateDataKey(keyID: String, scope: Scope?) throws(SecretaryError) -> DataKey {
        let call = KMSCall(
            .generateDataKey, [("KeyId", .string(keyID)), ("KeySpec", .string("AES_256"))], scope: scope, keyID: keyID)
        let answer = try send(call)
        guard let text = try answer.secret("Plaintext"), let plaintext = try SecretBytes(base64: text),
            let blob = try answer.secret("CiphertextBlob"),
            let encrypted = unsafe blob.withUnsafeBytes({ unsafe Base64.decode($0) })
        else { throw call.incomplete }
        return DataKey(plaintext: plaintext, encrypted: encrypted)
    }

    public func decryptDataKey(_ encrypted: [UInt8], scope: Scope?) throws(SecretaryError) -> SecretBytes {
        let blob = String(decoding: Base64.encode(encrypted), as: UTF8.self)
        let call = KMSCall(.decrypt, [("CiphertextBlob", .string(blob))], scope: scope)
        let answer = try send(call)
        guard let text = try answer.secret("Plaintext"), let plaintext = try SecretBytes(base64: text) else {
            throw call.incomplete
        }
        return plaintext
    }

    /// Repeats what may work the next time: both calls can be made any number of times.
    private func send(_ call: KMSCall) throws(SecretaryError) -> SecretJSON {
        let region = if let named = call.regionOfKey { named } else { try account.region() }
        let url = try AWSEndpoint.url(
            service: "kms", region: region, environment: account.environment,
            configured: account.profile()?["endpoint_url"])
        do throws(KMSFailure) {
            return try Retry(attempts: 5, within: timeout * 1.5).callAsNeeded(while: { $0.isPassing }) {
                () throws(KMSFailure) in
                try sendOnce(call, to: url, in: region)
            }
        } catch {
            throw error.error
        }
    }

    private func sendOnce(_ call: KMSCall, to url: String, in region: String) throws(KMSFailure) -> SecretJSON {
        let credentials: AWSCredentials
        let response: HTTPResponse
        do throws(SecretaryError) {
            credentials = try account.credentials()
            var request = call.request(to: url)
            credentials.sign(&request, service: "kms", region: region)
            response = try account.client.send(request, timeout: timeout)
        } catch {
            throw KMSFailure(error: error, isPassing: error.code == .unavailable)
        }
        guard response.status == 200 else {
            let failure = KMSFailure(response, call: call, region: region, credentials: credentials)
            if failure.isAboutCredentials { account.discard(credentials) }
            throw failure
        }
        do throws(SecretaryError) {
            return try SecretJSON(response.body)
        } catch {
            throw KMSFailure(error: call.incomplete, isPassing: false)
        }
    }
}
