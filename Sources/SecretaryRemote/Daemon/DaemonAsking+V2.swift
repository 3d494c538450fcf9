internal import Glibc
internal import SecretaryCore

extension DaemonAsking {
    /// - Returns: `nil` when the daemon does not know version 2.
    func askV2(_ daemon: Daemon, _ openings: ArraySlice<Opening>, patience: Duration) throws(DaemonFailure)
        -> [SecretaryError?]?
    {
        let exchange: WireV2.Exchange
        do throws(SecretaryError) {
            let secrets = openings.map { RequestedSecret(name: $0.name, envelope: $0.envelope) }
            exchange = try WireV2.Exchange(
                claim: claim, secrets: secrets, with: agreement, time: DaemonAsking.milliseconds)
        } catch {
            throw .final(error)
        }
        let response = try post(
            daemon, WireV2.path, contentType: WireV2.contentType, body: exchange.body,
            limit: openings.reduce(0) { $0 + $1.envelope.plaintextCount + 2 * WireV2.maximumErrorTextCount },
            patience: patience)
        if response.status != 200, let (refusal, text) = WireV2.Refusal.parse(response.body) {
            daemon.hasSpokenV2()
            throw DaemonFailure(refusal, text, from: daemon.host)
        }
        if response.status == 404 { return nil }
        guard response.status == 200 else { throw DaemonFailure(status: response.status, from: daemon.host) }
        do throws(SecretaryError) {
            let answer = try exchange.open(response.body)
            daemon.hasSpokenV2()
            return DaemonAsking.take(answer, openings)
        } catch {
            throw failure(inAnswerOf: daemon, error)
        }
    }

    private static func take(_ answer: borrowing WireV2.Answer, _ openings: ArraySlice<Opening>) -> [SecretaryError?] {
        var errors: [SecretaryError?] = []
        for (index, opening) in openings.enumerated() {
            do throws(SecretaryError) {
                try unsafe answer.withPlaintext(at: index) { (plaintext) throws(SecretaryError) in
                    guard unsafe plaintext.count == opening.target.count else {
                        throw SecretaryError(
                            .malformed, unsafe "the daemon gives \(plaintext.count) bytes for \(opening.target.count)")
                    }
                    unsafe opening.target.copyMemory(from: plaintext)
                }
                errors.append(nil)
            } catch {
                errors.append(error)
            }
        }
        return errors
    }

    /// Now, since 1970.
    private static var milliseconds: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
