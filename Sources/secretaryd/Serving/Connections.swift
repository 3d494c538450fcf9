import NIOCore
import SecretaryCore
import SecretaryServer

/// The connections that are open, so many at most, and how they are ended.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
    }

    private let state = Monitor(State())
    private let limits: RequestLimits
    private let metrics: Metrics

    init(limits: RequestLimits, metrics: Metrics) {
        self.limits = limits
        self.metrics = metrics
    }

    /// - Returns: whether there is room for the connection.
    func admit(_ channel: any Channel) -> Bool {
        let (key, maximum) = (ObjectIdentifier(channel), limits.settings.connections)
        let isAdmitted = state.withLock { state in
            guard state.channels.count < maximum else { return false }
            state.channels[key] = channel
            return true
        }
        guard isAdmitted else {
            metrics.refusedConnections.increment()
            return false
        }
        metrics.connections.increment()
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.remove(key)
        }
        return true
    }

    private func remove(_ key: ObjectIdentifier) {
        let isLast = state.withLock { state in
            state.channels[key] = nil
            return state.isDraining && state.channels.isEmpty
        }
        if isLast { state.notify() }
    }

    var count: Int { state.withLock { $0.channels.count } }

    /// Whether every answer is to be the last on its connection.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// From now on answers tell clients to close their connections.
    func beginDraining() {
        state.withLock { $0.isDraining = true }
    }

    /// Closes connections on which nothing is being answered, and others when it is.
    func closeWhenIdle() {
        for channel in all { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    /// Waits until none is left, or the time is over.
    func waitUntilNone(for duration: Duration) {
        _ = state.wait(for: duration) { $0.channels.isEmpty ? true : nil }
    }

    func closeAll() {
        for channel in all { channel.close(promise: nil) }
    }

    private var all: [any Channel] { state.withLock { Array($0.channels.values) } }
}
