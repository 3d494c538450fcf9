import SecretaryCore

/// A request to `/v1/decrypt`: one secret, sealed as the original does.
struct OriginalExchange: SealedExchange {
    let form: WireV1.Form

    /// - Throws: `.malformed` for a body that is no form, or that misses a field.
    init(parsing body: [UInt8]) throws(OriginalFormError) {
        let form: WireV1.Form?
        do {
            form = try WireV1.Form(parsing: body)
        } catch {
            throw .notAForm
        }
        guard let form else { throw .missingFields }
        self.form = form
    }

    var claim: TaskClaim { form.claim }

    func open(for grant: TaskGrant, with keys: MasterKeys.Open, _ context: ExchangeContext) throws(Refusal) -> Opened {
        var refusal = Refusal(.wrongKey, "there is no master key")
        // The protocol does not say which of several master keys it was sealed for.
        for master in keys.ring.masterKeys {
            do throws(SecretaryError) {
                let agreement = try context.agreements.agreement(of: master, with: grant)
                return Opened(request: try WireV1.Request(opening: form, with: agreement), agreement: agreement)
            } catch {
                refusal = Refusal(error, denied: .otherTask)
                guard error.code == .wrongKey else { break }
            }
        }
        throw refusal
    }

    struct Opened: OpenedExchange {
        let request: WireV1.Request
        let agreement: TaskAgreement

        var secrets: [RequestedSecret] { [request.secret] }

        func forget(_ context: ExchangeContext) {}

        func answer(
            _ decisions: [Result<Envelope, SecretaryError>],
            open: (Int, Envelope, UnsafeMutableRawBufferPointer) throws(SecretaryError) -> Void
        ) throws(Refusal) -> [UInt8] {
            let envelope: Envelope
            do {
                envelope = try decisions[0].get()
            } catch {
                throw Refusal(error, denied: .denied)
            }
            do {
                return try unsafe WireV1.Answer.seal(count: envelope.plaintextCount, with: agreement) {
                    (target) throws(SecretaryError) in try unsafe open(0, envelope, target)
                }
            } catch {
                throw error.code == .wrongKey
                    ? Refusal(.undecryptable, error.message) : Refusal(error, denied: .denied)
            }
        }
    }
}

/// What is wrong with the form of a request to `/v1/decrypt`, which the original answers in its own way.
enum OriginalFormError: Error {
    case notAForm, missingFields

    var answer: (status: Int, text: String) {
        switch self {
        case .notAForm: (415, "Expected application/x-www-form-urlencoded request body")
        case .missingFields: (400, "Expected parameters {appid, appversion, taskid, envelope}")
        }
    }
}
