import SecretaryCore

/// What the daemon answers to, by path.
enum Endpoint: String, CaseIterable {
    case decrypt = "/v1/decrypt"
    case status = "/v1/status"
    case decryptBatch = "/v2/decrypt"
    case health = "/healthz"
    case readiness = "/readyz"
    case metrics = "/metrics"
    /// Whatever else is asked for.
    case unknown = "other"

    init(path: Substring) {
        self = Endpoint(rawValue: String(path)) ?? .unknown
    }
}
