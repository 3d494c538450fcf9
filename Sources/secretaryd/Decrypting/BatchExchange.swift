import SecretaryCore

/// A request to `/v2/decrypt`: many secrets, with a time and a nonce, answered to a key that is used once.
struct BatchExchange: SealedExchange {
    let sealed: WireV2.SealedRequest

    init(parsing body: [UInt8]) throws(Refusal) {
        do {
            sealed = try WireV2.SealedRequest(parsing: body)
        } catch {
            throw Refusal(.malformed, error.message)
        }
    }

    var claim: TaskClaim { sealed.claim }

    func open(for grant: TaskGrant, with keys: MasterKeys.Open, _ context: ExchangeContext) throws(Refusal) -> Opened {
        guard let master = keys.ring.masterKey(sealed.masterKey) else {
            throw Refusal(.wrongKey, "sealed for the master key \(sealed.masterKey), which is not known here")
        }
        let request: WireV2.Request
        do {
            let agreement = try context.agreements.agreement(of: master, with: grant)
            request = try WireV2.Request(opening: sealed, with: agreement)
        } catch {
            throw Refusal(error, denied: .otherTask)
        }
        guard request.secrets.count <= context.limits.settings.secrets else {
            throw Refusal(.tooLarge, "\(request.secrets.count) secrets in one request")
        }
        try context.replays.admit(request.nonce, at: request.time)
        return Opened(request: request, master: master)
    }

    struct Opened: OpenedExchange {
        let request: WireV2.Request
        let master: PrivateKey

        var secrets: [RequestedSecret] { request.secrets }

        func forget(_ context: ExchangeContext) { context.replays.forget(request.nonce, at: request.time) }

        func answer(
            _ decisions: [Result<Envelope, SecretaryError>],
            open: (Int, Envelope, UnsafeMutableRawBufferPointer) throws(SecretaryError) -> Void
        ) throws(Refusal) -> [UInt8] {
            do {
                return try unsafe request.answer(by: master, envelopes: decisions, open: open)
            } catch {
                throw Refusal(error, denied: .denied)
            }
        }
    }
}
