import HTTPTypes
import HummingbirdCore
import NIOCore
import SecretaryCore
import SecretaryServer

/// Answers requests, whatever they ask for.
struct Endpoints: Sendable {
    let service: DecryptionService
    let limits: RequestLimits
    let metrics: Metrics
    let reports: Reports
    /// Only where shares and passphrases are taken by TLS.
    let sealing: SealEndpoint?

    /// - Parameter remote: the address that the request came from.
    func answer(_ request: Request, from remote: String?) async throws -> Answer {
        let begun = ContinuousClock.now
        let path = (request.head.path ?? "").prefix { $0 != "?" }
        let endpoint = Endpoint(path: path)
        let answer =
            switch endpoint {
            case .decrypt: try await decrypt(request, remote)
            case .decryptBatch: try await decryptBatch(request, remote)
            case .status: Answer(200, #"{"Status":"OK"}"#)
            case .health: Answer(200, "OK\n")
            case .readiness: reports.readiness
            case .metrics: reports.metrics
            case .seal: await unseal(request, path, remote)
            case .unknown: Answer.error(404, "404 page not found")
            }
        metrics.answered(endpoint, answer.status)
        if endpoint == .decrypt || endpoint == .decryptBatch { metrics.duration.record(ContinuousClock.now - begun) }
        return answer
    }

    private func decrypt(_ request: Request, _ remote: String?) async throws -> Answer {
        guard request.method == .post else {
            return Self.wantsPost("Expected POST method")
        }
        do {
            let body = try await receive(request)
            try limits.enter()
            defer { limits.leave() }
            let exchange: OriginalExchange
            do {
                exchange = try OriginalExchange(parsing: body)
            } catch {
                try await service.refuse(Refusal(.malformed, "the body is not the form of a request"), from: remote)
                throw error
            }
            return Answer(200, body: try await service.answer(exchange, from: remote))
        } catch let refusal as Refusal {
            let (status, text) = refusal.original
            return Answer.error(status, text, retryAfter: refusal.retryAfter)
        } catch let error as OriginalFormError {
            return Answer.error(error.answer.status, error.answer.text)
        }
    }

    private func decryptBatch(_ request: Request, _ remote: String?) async throws -> Answer {
        guard request.method == .post else {
            return Self.wantsPost("use POST")
        }
        do {
            let body = try await receive(request)
            try limits.enter()
            defer { limits.leave() }
            let exchange: BatchExchange
            do {
                exchange = try BatchExchange(parsing: body)
            } catch {
                try await service.refuse(error, from: remote)
                throw error
            }
            let answer = try await service.answer(exchange, from: remote)
            return Answer(200, body: answer, contentType: WireV2.contentType)
        } catch let refusal as Refusal {
            var answer = Answer(refusal.word.status, refusal.word.body(refusal.text))
            answer.retryAfter = refusal.retryAfter
            return answer
        }
    }

    /// Whoever unseals proves nothing beforehand, so that it counts among all requests.
    private func unseal(_ request: Request, _ path: Substring, _ remote: String?) async -> Answer {
        guard let sealing else { return Answer.error(404, "404 page not found") }
        do throws(Refusal) {
            try limits.enter()
        } catch {
            return SealEndpoint.answer(.failure(SecretaryError(.unavailable, error.text, hint: "try again")))
        }
        defer { limits.leave() }
        return await sealing.answer(request, path: path, from: .remote(remote))
    }

    private static func wantsPost(_ text: String) -> Answer {
        var answer = Answer.error(405, text)
        answer.allow = "POST"
        return answer
    }

    /// The whole body of a request.
    /// - Throws: a `Refusal` when it is too large or not all of it came, and what the connection throws.
    private func receive(_ request: Request) async throws -> [UInt8] {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > limits.settings.bodySize {
            throw Refusal(.tooLarge, "a body of \(announced) bytes")
        }
        var body: [UInt8] = []
        defer { limits.forget(body: body.count) }
        for try await part in request.body {
            try limits.receive(part.readableBytes, after: body.count)
            body += part.readableBytesView
        }
        if let announced, announced != body.count { throw Refusal(.malformed, "the body is cut off") }
        return body
    }
}
