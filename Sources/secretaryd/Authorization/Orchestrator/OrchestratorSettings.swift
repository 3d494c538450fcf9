import SecretaryCore
import SecretaryRemote
import SystemPackage

/// How an orchestrator is asked.
struct OrchestratorSettings: Sendable {
    /// `http://…`, `https://…` or `unix://…`; when one does not answer the next is asked.
    var urls: [String]
    var user: String?
    var password: HTTPSecret?
    /// PEM file with the certificate authorities that are trusted; `nil` for the system's.
    var certificateAuthorities: FilePath?
    var clientCertificate: FilePath?
    var clientKey: FilePath?
    /// What finding out about one task may take, all servers together.
    var deadline: Duration = .seconds(5)
    /// How long an answer is good: so long a task that has ended may still get secrets.
    var cache: Duration = .seconds(2)
    /// The largest answer, in bytes.
    var answerLimit = 8 << 20
    /// What happens to values without a scope.
    var unscoped = UnscopedPolicy.warn

    var http: HTTPSettings {
        var http = HTTPSettings()
        http.certificateAuthorities = certificateAuthorities
        http.clientCertificate = clientCertificate
        http.clientKey = clientKey
        http.userAgent = "secretaryd"
        return http
    }
}
