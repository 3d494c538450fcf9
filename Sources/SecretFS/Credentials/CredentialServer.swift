internal import CLinux
internal import Glibc
public import SecretaryCore
public import SystemPackage

/// Answers systemd, and the plugin of a swarm, at a socket, several at a time.
public final class CredentialServer: Sendable {
    private struct State {
        var connections = 0
        var isEnding = false
    }

    private let service: CredentialService
    private let deadline: Duration
    private let failed: @Sendable (SecretaryError) -> Void
    private let state = Monitor(State())

    /// So many are answered at once; others wait.
    private static let capacity = 64

    /// - Parameters:
    ///   - deadline: how long the other end may take to ask, and to read an answer.
    ///   - failed: hears why somebody does not get what he asks for.
    public init(
        _ service: CredentialService, deadline: Duration, failed: @escaping @Sendable (SecretaryError) -> Void
    ) {
        self.service = service
        self.deadline = deadline
        self.failed = failed
    }

    /// Accepts connections at a socket from now on, on a thread of its own.
    /// - Throws: `.system` when there can be no thread.
    public func listen(at socket: FileDescriptor) throws(SecretaryError) {
        try BackgroundThread.detach { [self] in
            while waitForRoom() {
                let number = clinux_accept(socket.rawValue)
                if number >= 0 {
                    serve(FileDescriptor(rawValue: number))
                } else if errno != EINTR && errno != ECONNABORTED {
                    // No descriptor, or no memory: that passes.
                    failed(SecretaryError(.system, "cannot accept a connection: \(Errno(rawValue: errno))"))
                    _ = state.wait(for: .seconds(1)) { $0.isEnding ? true : nil }
                }
            }
        }
    }

    /// Accepts nothing more, and returns when everybody has got an answer.
    public func end() {
        state.withLock { $0.isEnding = true }
        state.notify()
        _ = state.wait(for: deadline * 2) { $0.connections == 0 ? true : nil }
    }

    /// - Returns: false when this ends.
    private func waitForRoom() -> Bool {
        state.wait { state -> Bool? in
            if state.isEnding { return false }
            return state.connections < Self.capacity ? true : nil
        } ?? false
    }

    private func serve(_ socket: FileDescriptor) {
        state.withLock { $0.connections += 1 }
        let done = { @Sendable [state] in
            state.withLock { $0.connections -= 1 }
            state.notify()
        }
        do throws(SecretaryError) {
            try BackgroundThread.detach { [self] in
                defer { done() }
                answer(socket)
            }
        } catch {
            failed(error)
            try? socket.close()
            done()
        }
    }

    private func answer(_ socket: FileDescriptor) {
        guard let connection = CredentialConnection(socket, deadline: deadline) else { return }
        if service.servesSwarm, !connection.isNamed {
            answerSwarm(connection)
        } else {
            answerUnit(connection)
        }
    }

    private func answerUnit(_ connection: borrowing CredentialConnection) {
        do throws(SecretaryError) {
            guard let request = connection.request else {
                throw SecretaryError(
                    .denied,
                    "process \(connection.peer.thread) of user \(connection.peer.uid) does not ask as systemd does",
                    hint: "credentials are for units: LoadCredential=NAME:SOCKET")
            }
            try connection.send(try service.answer(request, for: connection.peer))
        } catch {
            failed(error)
            connection.refuse()
        }
    }

    private func answerSwarm(_ connection: borrowing CredentialConnection) {
        do throws(SecretaryError) {
            let text = try connection.receive(upTo: SwarmSecretRequest.maximumCount)
            let value = try service.answer(try SwarmSecretRequest(parsing: text), for: connection.peer)
            try connection.send(SwarmSecretAnswer.head(count: value.count))
            try connection.send(value)
        } catch {
            failed(error)
            // Who has got a part of an answer sees that it breaks off.
            try? connection.send(SwarmSecretAnswer.refusal(error))
        }
    }
}
