internal import CLinux
internal import Glibc
internal import SecretaryCore
internal import Synchronization

/// The threads that take requests from the kernel and do them.
///
/// Usually one of them waits for a request, does it, and waits for the next: handing over to another thread costs more than
/// most requests do. Another one takes its turn when work may take long (`ServingTurn`), and when more requests come than one
/// can do. Threads that are not needed are parked and not ended, because that costs more than an idle thread does.
final class ServingThreads: Sendable {
    private struct State {
        var threads: [BackgroundThread] = []
        /// The threads that are not needed; each waits until it is called.
        var parked: [Call] = []
        /// How many wait for a request.
        var waiting = 0
        /// How many have not ended.
        var running = 0
        var isStopped = false
        /// Whether serving ended by itself.
        var hasEnded = false
    }

    /// Whether a thread has been called.
    private typealias Call = Monitor<Bool>

    private let session: KernelSession
    private let journal: RequestJournal
    private let maximumCount: Int
    private let ended: @Sendable (Result<Void, SecretaryError>) -> Void
    private let state = Mutex(State())

    /// After this many requests in a row behind which others wait, another thread helps.
    private static let patience = 4

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
        try startThread { _ in }
    }

    /// Serves no further request, and returns when those under way are done.
    func stop() {
        let (threads, parked) = state.withLock { state in
            state.isStopped = true
            defer { state.parked = [] }
            return (state.threads, state.parked)
        }
        parked.forEach(Self.wake)
        // A thread may be about to wait at the moment of the first signal.
        while state.withLock({ $0.running }) > 0 {
            for thread in threads { thread.signal(Self.interrupt) }
            _ = usleep(1000)
        }
        for thread in threads { thread.join() }
    }

    // MARK: Turns

    /// Has another thread wait for requests, if none does.
    func callAnother() {
        let call = state.withLock { state -> Call? in
            guard state.waiting == 0, let call = state.parked.popLast() else { return nil }
            state.waiting += 1
            return call
        }
        if let call { return Self.wake(call) }
        // Without another thread this one does all by itself.
        try? startThread(isHelper: true) { _ in }
    }

    /// - Parameters:
    ///   - isHelper: not started when nobody is needed, or there are enough threads.
    ///   - first: what the thread does before it takes requests.
    private func startThread(
        isHelper: Bool = false, _ first: @escaping @Sendable (ServingThreads) -> Void
    ) throws(SecretaryError) {
        let result = state.withLock { state -> Result<Void, SecretaryError> in
            let isEnough = state.waiting > 0 || !state.parked.isEmpty || state.running >= maximumCount
            guard !state.isStopped, !isHelper || !isEnough else { return .success(()) }
            return Result { () throws(SecretaryError) in
                let thread = try BackgroundThread(interruptedBy: Self.interrupt) { [self] in
                    first(self)
                    while takesTurn() { serve() }
                    self.state.withLock { $0.running -= 1 }
                }
                state.threads.append(thread)
                state.running += 1
            }
        }
        try result.get()
    }

    private static func wake(_ call: Call) {
        call.withLock { $0 = true }
        call.notify()
    }

    /// Waits until this thread is to wait for requests.
    /// - Returns: `false` when there are to be no more.
    private func takesTurn() -> Bool {
        let call = Call(false)
        let decision = state.withLock { state -> Bool? in
            if state.isStopped { return false }
            if state.waiting == 0 {
                state.waiting += 1
                return true
            }
            state.parked.append(call)
            return nil
        }
        if let decision { return decision }
        // Who calls counts this thread.
        _ = call.wait { $0 ? true : nil }
        return state.withLock { !$0.isStopped }
    }

    // MARK: Requests

    private func answer(_ slot: Int) {
        unsafe session.process(UnsafeRawBufferPointer(rebasing: journal[slot][..<journal.length(of: slot)]))
        // Where the kernel remembers what is owed, its memory is free for the next request, answered or not.
        if !session.needsJournal || !journal.header(of: slot).expectsAnswer { journal.clear(slot) }
    }

    /// Takes requests and does them, until there are none and another thread waits for more.
    private func serve() {
        var slot: Int?
        defer { slot.map(journal.giveBack) }
        var streak = 0
        var anticipation = Anticipation()
        while !state.withLock({ $0.isStopped }) {
            guard let buffer = slot ?? journal.take() else {
                // More answers are under way than there is room for: soon one of them is there.
                _ = usleep(1000)
                continue
            }
            slot = buffer
            do throws(SecretaryError) {
                anticipation.wait { session.hasRequest }
                defer { anticipation.end() }
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
                return state.waiting == 0
            }
            streak = isLast && session.hasRequest ? streak + 1 : 0
            if streak >= Self.patience { callAnother() }
            answer(buffer)
            if journal.length(of: buffer) > 0 {
                // Its answer comes later, from elsewhere.
                journal.giveBack(buffer)
                slot = nil
            }
            guard goesOn() else { return }
        }
    }

    private func goesOn() -> Bool {
        let isNeeded = state.withLock { state in
            defer { if state.waiting == 0 { state.waiting = 1 } }
            return state.waiting == 0
        }
        if isNeeded { return true }
        guard session.hasRequest else { return false }
        state.withLock { $0.waiting += 1 }
        return true
    }

    private func end(_ result: Result<Void, SecretaryError>) {
        let isFirst = state.withLock { state in
            defer { state.hasEnded = true }
            return !state.hasEnded && !state.isStopped
        }
        if isFirst { ended(result) }
    }
}
