internal import CLinux
internal import Glibc
internal import SecretaryCore
internal import Synchronization

/// The threads that take requests from the kernel and do them.
///
/// One waits, and when it gets something to do and no other waits, another is started; none is ended before all are,
/// because that costs more than an idle thread does.
final class ServingThreads: Sendable {
    private struct State {
        var threads: [BackgroundThread] = []
        /// How many wait for a request.
        var waiting = 0
        /// How many have not ended.
        var running = 0
        var isStopped = false
        /// Whether serving ended by itself.
        var hasEnded = false
    }

    private let session: KernelSession
    private let journal: RequestJournal
    private let maximumCount: Int
    private let ended: @Sendable (Result<Void, SecretaryError>) -> Void
    private let state = Mutex(State())

    /// Interrupts a thread that waits for a request.
    private static let interrupt = SIGUSR1

    /// - Parameters:
    ///   - maximumCount: more than this are never started to wait for requests.
    ///   - ended: called once, on a thread of these, when the mount is gone or the connection broke.
    init(
        _ session: KernelSession, journal: RequestJournal, atMost maximumCount: Int,
        ended: @escaping @Sendable (Result<Void, SecretaryError>) -> Void
    ) {
        self.session = session
        self.journal = journal
        self.maximumCount = maximumCount
        self.ended = ended
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in }
        // Without SA_RESTART: a read that is interrupted returns.
        unsafe sigaction(Self.interrupt, &action, nil)
    }

    /// Starts to serve.
    /// - Parameter owed: slots of the journal with requests that nobody has answered.
    /// - Throws: `.system` when there can be no thread.
    func start(owed: [Int] = []) throws(SecretaryError) {
        for slot in owed { try startThread { threads in threads.answer(slot) } }
        try startThread()
    }

    /// Serves no further request, and returns when those under way are done.
    func stop() {
        let threads = state.withLock { state in
            state.isStopped = true
            return state.threads
        }
        // A thread may be about to wait at the moment of the first signal.
        while state.withLock({ $0.running }) > 0 {
            for thread in threads { thread.signal(Self.interrupt) }
            _ = usleep(1000)
        }
        for thread in threads { thread.join() }
    }

    private func startThread(_ first: (@Sendable (ServingThreads) -> Void)? = nil) throws(SecretaryError) {
        let result = state.withLock { state -> Result<Void, SecretaryError> in
            guard !state.isStopped else { return .success(()) }
            return Result { () throws(SecretaryError) in
                let thread = try BackgroundThread(interruptedBy: Self.interrupt) { [self] in
                    first?(self)
                    serve()
                    self.state.withLock { $0.running -= 1 }
                }
                state.threads.append(thread)
                state.running += 1
                state.waiting += 1
            }
        }
        try result.get()
    }

    private func answer(_ slot: Int) {
        unsafe session.process(UnsafeRawBufferPointer(rebasing: journal[slot][..<journal.length(of: slot)]))
        // Where the kernel remembers what is owed, its memory is free for the next request, answered or not.
        if !session.needsJournal || !journal.header(of: slot).expectsAnswer { journal.clear(slot) }
    }

    private func serve() {
        var slot: Int?
        defer { slot.map(journal.giveBack) }
        while !state.withLock({ $0.isStopped }) {
            guard let buffer = slot ?? journal.take() else {
                // More answers are under way than there is room for: soon one of them is there.
                _ = usleep(1000)
                continue
            }
            slot = buffer
            do throws(SecretaryError) {
                switch try unsafe session.receive(into: journal[buffer]) {
                case .nothing: continue
                case .unmounted: return end(.success(()))
                case .request: break
                }
            } catch {
                return end(.failure(error))
            }
            let isLast = state.withLock { state in
                state.waiting -= 1
                return state.waiting == 0 && state.running < maximumCount
            }
            // Without another thread this one does all by itself.
            if isLast { try? startThread() }
            answer(buffer)
            state.withLock { $0.waiting += 1 }
            if journal.length(of: buffer) > 0 {
                // Its answer comes later, from elsewhere.
                journal.giveBack(buffer)
                slot = nil
            }
        }
    }

    private func end(_ result: Result<Void, SecretaryError>) {
        let isFirst = state.withLock { state in
            defer { state.hasEnded = true }
            return !state.hasEnded && !state.isStopped
        }
        if isFirst { ended(result) }
    }
}
