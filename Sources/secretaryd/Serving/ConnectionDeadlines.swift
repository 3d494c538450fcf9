import HTTPTypes
import NIOCore
import NIOHTTPTypes
import SecretaryServer

/// Closes a connection on which too little happens: nothing is asked, a request does not end, an answer is not read.
///
/// How long an answer takes to come is not its business.
final class ConnectionDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum State {
        /// The head of a request has to come.
        case idle
        /// The rest of a request has to come.
        case receiving
        /// It is being answered.
        case answering
        /// The answer has to be taken.
        case sending
    }

    private let limits: LimitSettings
    private let metrics: Metrics
    private var state = State.idle
    private var hasChanged = false
    /// Requests whose head has come, and whose answer has not been written.
    private var unanswered = 0
    private var deadline = NIODeadline.distantFuture
    private var timer: (task: Scheduled<Void>, deadline: NIODeadline)?

    init(_ limits: LimitSettings, _ metrics: Metrics) {
        self.limits = limits
        self.metrics = metrics
    }

    func handlerAdded(context: ChannelHandlerContext) {
        enter(.idle)
        arm(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            unanswered += 1
            enter(.receiving)
        case .body: break
        // The answer may have come before the end of the request.
        case .end: enter(unanswered > 0 ? .answering : .idle)
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        arm(context)
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        unanswered -= 1
        // While the rest of a refused request comes, its deadline holds; and the next request may have come already.
        guard state == .answering, unanswered == 0 else { return context.write(data, promise: promise) }
        enter(.sending)
        let written = promise ?? context.eventLoop.makePromise()
        written.futureResult.assumeIsolated().whenSuccess {
            guard self.state == .sending else { return }
            self.enter(.idle)
            self.arm(context)
        }
        context.write(data, promise: written)
        arm(context)
    }

    private func enter(_ state: State) {
        self.state = state
        hasChanged = true
    }

    /// Sets the deadline of the state; requests that come in one piece never see the one for their body.
    private func arm(_ context: ChannelHandlerContext) {
        guard hasChanged else { return }
        hasChanged = false
        switch state {
        case .idle: deadline = .now() + TimeAmount(limits.idle)
        case .receiving: deadline = .now() + TimeAmount(limits.body)
        case .sending: deadline = .now() + TimeAmount(limits.answer)
        case .answering: deadline = .distantFuture
        }
        schedule(context)
    }

    /// A timer that ends too early is left alone: it looks at the deadline of that moment.
    private func schedule(_ context: ChannelHandlerContext) {
        guard deadline < .distantFuture else { return }
        if let timer {
            guard deadline < timer.deadline else { return }
            timer.task.cancel()
        }
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            guard self.deadline <= .now() else { return self.schedule(context) }
            self.metrics.slowConnections.increment()
            context.close(promise: nil)
        }
        timer = (task, deadline)
    }
}
