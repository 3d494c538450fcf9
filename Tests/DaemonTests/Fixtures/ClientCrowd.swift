import Foundation
import SecretaryCore
import SecretaryRemote
import Synchronization

/// Clients of a daemon that ask all the time, each for secrets that only it asks for.
final class ClientCrowd: Sendable {
    struct Outcome: Sendable {
        /// Requests that were answered.
        var answered = 0
        /// What went wrong, up to a few.
        var failures: [String] = []
        /// Secrets that are not the ones that were asked for.
        var mixedUp = 0
        /// The longest that a request took.
        var longest = Duration.zero
    }

    private let outcome = Mutex(Outcome())
    private let isOver = Atomic(false)
    private let group = DispatchGroup()

    var current: Outcome { outcome.withLock { $0 } }

    /// - Parameter client: makes a client of its own for each.
    init(
        _ count: Int, setup: DaemonSetup, scope: String, client: () throws -> DaemonClient
    ) throws {
        for number in 0..<count {
            let texts = (0..<3).map { "\(DaemonSetup.canary) of client \(number), number \($0)" }
            let envelopes = try texts.map { try setup.envelope($0, scope: scope) }
            let client = try client()
            group.enter()
            // Clients block: each has a thread.
            Thread.detachNewThread { [self] in
                while !isOver.load(ordering: .relaxed) { ask(client, envelopes, expecting: texts) }
                group.leave()
            }
        }
    }

    private func ask(_ client: DaemonClient, _ envelopes: [Envelope], expecting texts: [String]) {
        let start = ContinuousClock.now
        do throws(SecretaryError) {
            var answer: [String] = []
            _ = try unsafe SecretBytes(count: envelopes.plaintextCount) { (target) throws(SecretaryError) in
                let openings = unsafe Opening.each(envelopes, into: target)
                for case let error? in client.open(openings) { throw error }
                answer = openings.map { unsafe String(decoding: $0.target, as: UTF8.self) }
            }
            let isRight = answer == texts
            outcome.withLock { outcome in
                outcome.answered += 1
                if !isRight { outcome.mixedUp += 1 }
                outcome.longest = max(outcome.longest, .now - start)
            }
        } catch {
            outcome.withLock { if $0.failures.count < 5 { $0.failures.append("\(error) after \(.now - start)") } }
        }
    }

    /// Ends all clients.
    func stop() -> Outcome {
        isOver.store(true, ordering: .relaxed)
        group.wait()
        return current
    }
}
