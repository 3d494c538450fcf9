import NIOPosix
import SecretaryCore
import SecretaryServer

/// What becomes of a request, whichever protocol it came in.
///
/// The order is what makes it safe: who asks is looked up, proves it by opening boxes, is told apart from others by the claim
/// inside them; what it may have is decided; that is written down; and only then a secret is opened, the only place where
/// the daemon does.
struct DecryptionService: Sendable {
    let keys: MasterKeys
    let authorizer: any Authorizer
    let audit: AuditJournal
    let limits: RequestLimits
    let metrics: Metrics
    let context: ExchangeContext
    /// For what has to wait for a service outside, such as KMS.
    let threads: NIOThreadPool

    /// - Parameter remote: the address that the request came from.
    /// - Returns: the body of the answer, sealed.
    func answer(_ exchange: some SealedExchange, from remote: String?) async throws(Refusal) -> [UInt8] {
        let records = RequestRecords(exchange.claim, from: remote, authorizer: authorizer.name)
        do throws(Refusal) {
            let (grant, keys) = (try await grant(for: exchange.claim), try openKeys())
            let opened = try exchange.open(for: grant, with: keys, context)
            do throws(Refusal) {
                try limits.enter(exchange.claim)
            } catch {
                opened.forget(context)
                throw error
            }
            defer { limits.leave(exchange.claim) }
            return try await answer(opened, grant, keys, records)
        } catch {
            metrics.refused(error)
            // What was decided about each secret has been written down already.
            guard !error.isAudited else { throw error }
            try await write([records.refused(error)])
            throw error
        }
    }

    /// Writes down that a request could not even be read.
    func refuse(_ refusal: Refusal, from remote: String?) async throws(Refusal) {
        metrics.refused(refusal)
        let nobody = TaskClaim(app: "", version: "", id: "")
        try await write([RequestRecords(nobody, from: remote, authorizer: authorizer.name).refused(refusal)])
    }

    private func grant(for claim: TaskClaim) async throws(Refusal) -> TaskGrant {
        do {
            return try await authorizer.grant(for: claim)
        } catch {
            throw Refusal(error, denied: .notRunning)
        }
    }

    private func openKeys() throws(Refusal) -> MasterKeys.Open {
        do {
            return try keys.current()
        } catch {
            throw Refusal(.sealed, error.message)
        }
    }

    private func answer(
        _ opened: some OpenedExchange, _ grant: TaskGrant, _ keys: MasterKeys.Open, _ records: RequestRecords
    ) async throws(Refusal) -> [UInt8] {
        var decisions: [Result<Envelope, SecretaryError>] = []
        var written: [AuditRecord] = []
        for secret in opened.secrets {
            let envelope = Result { () throws(SecretaryError) in try secret.envelope() }
            do throws(SecretaryError) {
                let envelope = try envelope.get()
                let permission = try grant.check(envelope, name: secret.name)
                if permission.warning != nil { metrics.warnings.increment() }
                decisions.append(.success(envelope))
                written.append(records.opened(secret, envelope, permission))
            } catch {
                decisions.append(.failure(error.fitForClients))
                written.append(records.denied(secret, try? envelope.get(), error))
            }
        }
        try await write(written)
        let mayBlock = decisions.contains { decision in
            if case .success(let envelope) = decision { keys.decryptor.mayBlock(on: envelope) } else { false }
        }
        let opening = Opening(opened: opened, decisions: decisions, decryptor: keys.decryptor)
        let result = mayBlock ? await opening.run(on: threads) : opening.run()
        metrics.count(decisions, failures: result.failures.count)
        if !result.failures.isEmpty {
            try await write(
                result.failures.compactMap { index, error in
                    guard let envelope = try? decisions[index].get() else { return nil }
                    return records.failed(opened.secrets[index], envelope, error)
                })
        }
        do {
            return try result.body.get()
        } catch {
            throw error.audited
        }
    }

    private func write(_ records: [AuditRecord]) async throws(Refusal) {
        do {
            try await audit.write(records)
        } catch {
            throw Refusal(.unavailable, error.message).audited
        }
    }
}

/// Opens the secrets of one request, and seals the answer.
private struct Opening<Exchange: OpenedExchange>: Sendable {
    let opened: Exchange
    let decisions: [Result<Envelope, SecretaryError>]
    let decryptor: LocalDecryptor

    struct Outcome: Sendable {
        var body: Result<[UInt8], Refusal>
        /// What was allowed and could not be opened, by index.
        var failures: [(index: Int, error: SecretaryError)]
    }

    func run() -> Outcome {
        var failures: [(index: Int, error: SecretaryError)] = []
        let body = Result { () throws(Refusal) in
            try unsafe opened.answer(decisions) { (index, envelope, target) throws(SecretaryError) in
                do throws(SecretaryError) {
                    try unsafe decryptor.open(envelope, name: opened.secrets[index].name, into: target)
                } catch {
                    failures.append((index, error))
                    throw error.fitForClients
                }
            }
        }
        return Outcome(body: body, failures: failures)
    }

    func run(on threads: NIOThreadPool) async -> Outcome {
        do {
            return try await threads.runIfActive { run() }
        } catch {
            return Outcome(body: .failure(Refusal(.unavailable, "the daemon ends")), failures: [])
        }
    }
}

extension SecretaryError {
    /// The same kind of failure in words that tell nothing of the daemon or of others.
    fileprivate var fitForClients: SecretaryError {
        switch code {
        case .denied: SecretaryError(.denied, "this task may not have the secret")
        case .wrongKey: SecretaryError(.wrongKey, "no key of the daemon opens it, or it has been changed")
        case .malformed: SecretaryError(.malformed, "it is not one whole envelope")
        default: SecretaryError(.unavailable, "the daemon cannot open it at the moment")
        }
    }
}
