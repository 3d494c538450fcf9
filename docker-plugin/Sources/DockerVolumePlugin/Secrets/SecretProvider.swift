import Logging
import NIOCore
import NIOPosix
import SecretaryCore
import SecretaryServer
import SystemPackage

/// Gives a swarm the values of secrets that it keeps none of: `docker secret create --driver secretary`.
///
/// It has no keys and decides nothing: `secretaryctl credentials` does, and writes down who got what. Why a task does not get a
/// secret Docker tells nobody, so it is logged and counted here.
struct SecretProvider: Sendable {
    private let socket: FilePath
    private let patience: Duration
    /// Its own, so that no volume waits for a secret.
    private let threads: NIOThreadPool
    private let counts: SecretCounts
    private let logger: Logger

    /// - Parameters:
    ///   - socket: where `secretaryctl credentials --swarm` listens.
    ///   - patience: how long it may take; a node gets nothing else meanwhile.
    init(
        _ socket: FilePath, patience: Duration, threads: NIOThreadPool, counts: SecretCounts, logger: Logger
    ) {
        self.socket = socket
        self.patience = patience
        self.threads = threads
        self.counts = counts
        self.logger = logger
    }

    /// - Parameter body: of a request to `/SecretProvider.GetSecret`.
    func answer(_ body: [UInt8]) async -> PluginAnswer {
        var subject = "a secret"
        do throws(SecretaryError) {
            let request = try SwarmSecretRequest(docker: body)
            subject = request.subject
            let answer = try await value(request)
            counts.given.increment()
            logger.info("\(subject): given")
            return answer
        } catch {
            let isDenied = error.code == .denied
            (isDenied ? counts.denied : counts.failed).increment()
            logger.warning(
                "\(subject): \(isDenied ? "denied" : "failed"): \(error.message)\(error.hint.map { "; \($0)" } ?? "")")
            return PluginAnswer(VolumeReply.failure(error))
        }
    }

    private func value(_ request: SwarmSecretRequest) async throws(SecretaryError) -> PluginAnswer {
        let outcome = try? await threads.runIfActive { [socket, patience] in
            Result { () throws(SecretaryError) in
                let connection = try LocalConnection(to: socket, patience: patience)
                try connection.send(request.json)
                let answer = try connection.receive(upTo: SwarmSecretAnswer.maximumCount)
                return try PluginAnswer(secret: try SwarmSecretAnswer.value(of: answer))
            }
        }
        guard let outcome else { throw SecretaryError(.unavailable, "the plugin is ending", hint: "try again") }
        return try outcome.get()
    }
}

extension SwarmSecretRequest {
    /// As logs have it.
    fileprivate var subject: String {
        "secret \(secret.name) for service \(service.name) (app \(service.app)), task \(task.id) on node \(node)"
    }
}

extension PluginAnswer {
    /// The value in base64, as it is to be used by this task and no other.
    ///
    /// The text goes from guarded memory straight into the buffer that is sent, and `SentBytes` zeroes that.
    /// - Throws: `.malformed` when a swarm cannot take it.
    init(secret value: borrowing SecretBytes) throws(SecretaryError) {
        guard SwarmSecretRequest.valueCounts.contains(value.count) else {
            throw SecretaryError(.malformed, "the value has \(value.count) bytes, which a swarm does not take")
        }
        let (head, tail): (StaticString, StaticString) = (#"{"Value":""#, "\",\"DoNotReuse\":true,\"Err\":\"\"}\n")
        let count = head.utf8CodeUnitCount + value.base64Count + tail.utf8CodeUnitCount
        // It never grows, which would leave a copy behind. There is a zero behind the text at first.
        var body = ByteBufferAllocator().buffer(capacity: count)
        body.writeStaticString(head)
        let room = value.base64Count + 1
        _ = unsafe body.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            unsafe value.writeBase64(to: UnsafeMutableRawBufferPointer(rebasing: target[..<room]))
            return value.base64Count
        }
        body.writeStaticString(tail)
        self.init(status: 200, contentType: VolumeReply.contentType, body: body)
    }
}
