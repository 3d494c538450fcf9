internal import SecretaryCore
internal import Synchronization

/// The daemons in the order in which they are asked.
struct DaemonList: Sendable {
    private let daemons: [Daemon]

    /// - Throws: `.usage` for what is no URL, and when there is none.
    init(_ urls: [String], rest: Duration) throws(SecretaryError) {
        guard !urls.isEmpty else { throw SecretaryError(.usage, "no URL of a daemon is given") }
        var daemons: [Daemon] = []
        for url in urls { daemons.append(try Daemon(url, rest: rest)) }
        self.daemons = daemons
    }

    /// As they were given, those last that did not answer a while ago.
    func inOrder() -> [Daemon] {
        let resting = daemons.filter(\.isResting)
        return daemons.filter { daemon in !resting.contains { $0 === daemon } } + resting
    }
}

/// One daemon, and what has been learnt of it.
final class Daemon: Sendable {
    let url: String
    /// For messages.
    let host: String
    private let rest: Duration
    private let state = Mutex(State())

    private struct State {
        var restsUntil: ContinuousClock.Instant?
        var knownProtocol: KnownProtocol?
    }

    private enum KnownProtocol {
        case v2
        /// Until then: it may be replaced by one that knows more.
        case v1(until: ContinuousClock.Instant)
    }

    init(_ url: String, rest: Duration) throws(SecretaryError) {
        self.url = url
        self.rest = rest
        host = try HTTPURL(parsing: url).host
    }

    var isResting: Bool { state.withLock { $0.restsUntil.map { $0 > .now } ?? false } }

    func hasAnswered() {
        state.withLock { $0.restsUntil = nil }
    }

    func hasFailed() {
        state.withLock { $0.restsUntil = .now + rest }
    }

    /// Whether it is of no use to ask by version 2.
    var speaksOnlyV1: Bool {
        state.withLock { if case .v1(let until) = $0.knownProtocol { until > .now } else { false } }
    }

    func hasSpokenV2() {
        state.withLock { $0.knownProtocol = .v2 }
    }

    /// There is nothing where version 2 would be.
    /// - Returns: whether version 1 is to be tried: not with a daemon that has known version 2, as version 1 binds no answer to
    ///   its request.
    func lacksV2() -> Bool {
        state.withLock { state in
            if case .v2 = state.knownProtocol { return false }
            state.knownProtocol = .v1(until: .now + .seconds(600))
            return true
        }
    }
}
