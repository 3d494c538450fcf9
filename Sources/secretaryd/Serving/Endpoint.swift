import SecretaryCore

/// What the daemon answers to, by path.
enum Endpoint: String, CaseIterable {
    case decrypt = "/v1/decrypt"
    case status = "/v1/status"
    case decryptBatch = "/v2/decrypt"
    case health = "/healthz"
    case readiness = "/readyz"
    case metrics = "/metrics"
    case seal = "/v2/seal"
    /// Whatever else is asked for.
    case unknown = "other"

    init(path: Substring) {
        if path.hasPrefix(Endpoint.seal.rawValue) {
            self = .seal
        } else {
            self = Endpoint(rawValue: String(path)) ?? .unknown
        }
    }
}
