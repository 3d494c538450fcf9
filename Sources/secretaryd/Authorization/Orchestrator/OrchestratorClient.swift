import NIOPosix
import SecretaryCore
import SecretaryRemote
import Synchronization
import SystemPackage

/// Asks one of several servers of an orchestrator, and the next when one does not answer.
final class OrchestratorClient: Sendable {
    /// What people call it.
    private let name: String
    private let settings: OrchestratorSettings
    private let http: HTTPClient
    private let threads: NIOThreadPool
    /// The server that answered last is the first to be asked.
    private let first = Atomic<Int>(0)
    private let failovers = Atomic<UInt64>(0)

    /// - Parameter threads: where to wait for answers.
    init(_ name: String, _ settings: OrchestratorSettings, threads: NIOThreadPool) {
        self.name = name
        self.settings = settings
        self.threads = threads
        http = HTTPClient(settings.http)
    }

    var failoverCount: UInt64 { failovers.load(ordering: .relaxed) }

    /// The JSON that is found at a path; `nil` when there is nothing.
    /// - Throws: `.unavailable` and `.timedOut`, and `.malformed` for an answer that cannot be understood; all name the server and
    ///   repeat nothing that it said.
    func get(_ path: String, until deadline: ContinuousClock.Instant) async throws(SecretaryError) -> ConfigNode? {
        let outcome: Result<ConfigNode?, SecretaryError>
        do {
            outcome = try await threads.runIfActive {
                do throws(SecretaryError) {
                    return .success(try self.getBlocking(path, until: deadline))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw SecretaryError(.unavailable, "the daemon is ending")
        }
        return try outcome.get()
    }

    private func getBlocking(
        _ path: String, until deadline: ContinuousClock.Instant
    ) throws(SecretaryError) -> ConfigNode? {
        let start = first.load(ordering: .relaxed)
        var failures: [SecretaryError] = []
        for step in settings.urls.indices {
            let index = (start + step) % settings.urls.count
            let rest = deadline - .now
            guard rest > .zero else { break }
            do throws(SecretaryError) {
                // One that hangs must leave time for the others.
                let node = try get(path, from: settings.urls[index], timeout: rest / (settings.urls.count - step))
                if step > 0 { failovers.add(1, ordering: .relaxed) }
                first.store(index, ordering: .relaxed)
                return node
            } catch {
                failures.append(error)
            }
        }
        guard let last = failures.last else {
            throw SecretaryError(.timedOut, "\(name) was not asked in time: too many tasks are looked up at once")
        }
        throw SecretaryError(last.code, failures.map(\.message).joined(separator: "; "), hint: last.hint)
    }

    private func get(_ path: String, from url: String, timeout: Duration) throws(SecretaryError) -> ConfigNode? {
        var request = HTTPRequest(
            url: HTTPURL.join(url, path), headers: [("Accept", "application/json")], limit: settings.answerLimit)
        if let user = settings.user, let password = settings.password {
            request.authorization = .basic(user: user, password: password)
        }
        let host = try HTTPURL(parsing: url).host
        let response: HTTPResponse
        do throws(SecretaryError) {
            response = try http.send(request, timeout: timeout)
        } catch {
            let known: Set = [SecretaryError.Code.timedOut, .malformed]
            throw SecretaryError(
                known.contains(error.code) ? error.code : .unavailable, error.message, hint: error.hint)
        }
        switch response.status {
        case 200:
            // What it says of the text is not for logs, as it may quote from it.
            let bytes = unsafe response.body.withUnsafeBytes { unsafe Array($0) }
            guard let file = try? ConfigFile.parse(bytes, path: "answer", format: .json) else {
                throw SecretaryError(.malformed, "\(host) answers with something that cannot be understood")
            }
            return file.root
        case 404: return nil
        case 401, 403:
            throw SecretaryError(
                .unavailable, "\(host) refuses the daemon (status \(response.status))",
                hint: "give the credentials that it wants: see authorizer in the configuration")
        case 300..<400:
            throw SecretaryError(
                .unavailable, "\(host) redirects, which is not followed", hint: "name the URL that it redirects to")
        default: throw SecretaryError(.unavailable, "\(host) answers with status \(response.status)")
        }
    }
}
