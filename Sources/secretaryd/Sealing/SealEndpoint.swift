import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import SecretaryCore

/// `/v2/seal`: how far the daemon is unsealed, what is missing, and back again.
///
/// ```
/// GET  /v2/seal              the state
/// POST /v2/seal/share        base64 of a share, in a box for the state's session_key; answers with the state
/// POST /v2/seal/passphrase   the same with a passphrase
/// POST /v2/seal              seals the daemon; only for those who run it
/// ```
struct SealEndpoint: Sendable {
    static let path = "/v2/seal"
    /// Boxes are small: a share is one, and nobody types longer passphrases.
    private static let bodyLimit = 8 << 10

    let vault: Vault
    /// Where passphrases are tried.
    let threads: NIOThreadPool
    let audit: AuditJournal
    let logger: Logger

    /// - Parameters:
    ///   - path: of the URL, which begins with `path`.
    ///   - caller: who asks.
    func answer(_ request: Request, path: some StringProtocol, from caller: SealCaller) async -> Answer {
        switch (request.method, path.dropFirst(Self.path.count)) {
        case (.get, ""): return Self.answer(.success(vault.status))
        case (.post, "") where caller.canSeal: return await seal(caller)
        case (.post, "/share"):
            return await take(request, "share", caller) { box throws(SecretaryError) in try vault.give(share: box) }
        case (.post, "/passphrase"):
            return await take(request, "passphrase", caller) { box throws(SecretaryError) in
                try vault.give(passphrase: box, waits: caller.canSeal)
            }
        default: return Answer.error(404, "404 page not found")
        }
    }

    /// Seals first: an audit log that cannot be written to is no reason to keep the keys.
    private func seal(_ caller: SealCaller) async -> Answer {
        do throws(SecretaryError) {
            defer { logger.notice("sealed") }
            try vault.seal()
        } catch {
            return Self.answer(.failure(error))
        }
        await note(caller.record(.seal, "the keys are forgotten"))
        return Self.answer(.success(vault.status))
    }

    private func take(
        _ request: Request, _ what: String, _ caller: SealCaller,
        _ give: @escaping @Sendable ([UInt8]) throws(SecretaryError) -> VaultStatus
    ) async -> Answer {
        let outcome: Result<VaultStatus, SecretaryError>
        do {
            let body = try await request.body.collect(upTo: Self.bodyLimit)
            guard let box = [UInt8](base64: Array(body.readableBytesView)) else {
                return Self.answer(.failure(SecretaryError(.malformed, "the body is not base64")))
            }
            let progress = vault.status.progress ?? "unsealed"
            do throws(SecretaryError) {
                try await audit.write([caller.record(.unseal, "a \(what) is given, and the daemon is \(progress)")])
            } catch {
                logger.error("a \(what) was refused: \(error.message)")
                return Self.answer(.failure(SecretaryError(.unavailable, "it could not be written down who gave it")))
            }
            outcome = try await threads.runIfActive { Result { () throws(SecretaryError) in try give(box) } }
        } catch is NIOTooManyBytesError {
            return Self.answer(.failure(SecretaryError(.malformed, "the body is larger than a \(what)")))
        } catch {
            return Self.answer(.failure(SecretaryError(.unavailable, "the daemon is ending")))
        }
        switch outcome {
        case .success(let status): logger.notice("a \(what) was given: \(status.progress ?? "unsealed")")
        case .failure(let error):
            logger.warning("a \(what) was refused: \(error.message)")
            await note(caller.record(.failed, "the \(what) was refused: \(error.message)"))
        }
        return Self.answer(outcome)
    }

    private func note(_ record: AuditRecord) async {
        do throws(SecretaryError) {
            try await audit.write([record])
        } catch {
            logger.error("not in the audit log, \(error.message): \(record.event), \(record.reason ?? "")")
        }
    }

    static func answer(_ outcome: Result<VaultStatus, SecretaryError>) -> Answer {
        switch outcome {
        case .success(let status): return Answer(200, status.json.line + "\n", contentType: json)
        case .failure(let error):
            let status =
                switch error.code {
                case .malformed: 400
                case .denied: 409
                case .wrongKey: 422
                case .unavailable: 503
                default: 500
                }
            return Answer(status, error.json.line + "\n", contentType: json)
        }
    }

    private static let json = "application/json"
}

extension SecretaryError {
    /// What `secretaryctl` makes the same error of.
    fileprivate var json: JSONText {
        let members: [(String, JSONText)] = [
            ("code", .string("\(code)")), ("message", .string(message)), ("hint", hint.map { .string($0) } ?? .null),
        ]
        return .object([("error", .object(members))])
    }
}
