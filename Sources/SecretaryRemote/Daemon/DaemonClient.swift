public import SecretaryCore

/// Has envelopes opened by a daemon: by version 2 of the protocol, or by version 1 if that is all that the daemon knows.
///
/// Blocks until there is an answer or the settings' time is over; may be used by any number of threads. Asking again does no
/// harm, so another daemon is asked when one does not answer.
public final class DaemonClient: Decryptor {
    private let settings: DaemonSettings
    private let asking: DaemonAsking
    private let daemons: DaemonList

    /// - Parameter agreement: of the task's keys with the daemon's master key.
    /// - Throws: `.usage` for what is no URL, and when there is none.
    public init(_ settings: DaemonSettings, agreement: TaskAgreement) throws(SecretaryError) {
        self.settings = settings
        asking = DaemonAsking(settings, agreement: agreement)
        daemons = try DaemonList(settings.urls, rest: settings.rest)
    }

    public func mayBlock(on envelope: Envelope) -> Bool { true }

    /// - Throws: `.denied` when the daemon refuses: the task may not have it, or has ended; `.wrongKey` when it does not know the
    ///   task's keys, cannot open the envelope, or its answer is not from the holder of the master key; `.unavailable` or
    ///   `.timedOut` when no daemon answers; `.malformed`.
    public func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        for case let error? in open([unsafe Opening(envelope, name: name, into: target)]) { throw error }
    }

    public func open(_ openings: [Opening]) -> [SecretaryError?] {
        DaemonBatch.split(openings).flatMap { batch in openAtOnce(batch) }
    }

    /// Opens in one request, or, when the daemon finds that too large, in several.
    private func openAtOnce(_ openings: ArraySlice<Opening>) -> [SecretaryError?] {
        do throws(DaemonFailure) {
            return try askUntilAnswered(openings)
        } catch {
            if error.kind == .tooLarge, openings.count > 1 {
                let middle = openings.startIndex + openings.count / 2
                return openAtOnce(openings[..<middle]) + openAtOnce(openings[middle...])
            }
            // Version 1 may have opened some before.
            for opening in openings { opening.forget() }
            return openings.map { _ in error.error }
        }
    }

    /// Asks all daemons one after the other, and again, until there is an answer.
    private func askUntilAnswered(_ openings: ArraySlice<Opening>) throws(DaemonFailure) -> [SecretaryError?] {
        let deadline = ContinuousClock.now + settings.timeout
        var backoff = Backoff(first: .milliseconds(100), longest: .seconds(2))
        var failures: [DaemonFailure] = []
        for round in 1...max(settings.rounds, 1) {
            switch askEach(openings, before: deadline) {
            case .answered(let errors): return errors
            case .refused(let failure): throw failure
            case .failed(let latest): if !latest.isEmpty { failures = latest }
            }
            let wait = backoff.next()
            guard round < settings.rounds, ContinuousClock.now + wait < deadline else { break }
            Retry.sleep(wait)
        }
        throw .nobodyAnswers(failures)
    }

    private enum Round {
        case answered([SecretaryError?])
        case refused(DaemonFailure)
        case failed([DaemonFailure])
    }

    private func askEach(_ openings: ArraySlice<Opening>, before deadline: ContinuousClock.Instant) -> Round {
        var failures: [DaemonFailure] = []
        for daemon in daemons.inOrder() {
            let left = deadline - .now
            guard left > .zero else { break }
            do throws(DaemonFailure) {
                let errors = try asking.ask(daemon, openings, patience: min(settings.patience, left))
                daemon.hasAnswered()
                return .answered(errors)
            } catch {
                guard error.kind == .passing else { return .refused(error) }
                daemon.hasFailed()
                failures.append(error)
            }
        }
        return .failed(failures)
    }
}
