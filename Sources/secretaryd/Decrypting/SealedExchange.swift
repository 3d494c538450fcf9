import SecretaryCore

/// A request in one of the protocols, as it came: only its claim can be read.
protocol SealedExchange: Sendable {
    associatedtype Opened: OpenedExchange

    var claim: TaskClaim { get }

    /// Takes the boxes off with the keys of the task that it claims to be from.
    /// - Throws: why it is not that task's, or not fresh.
    func open(for grant: TaskGrant, with keys: MasterKeys.Open, _ context: ExchangeContext) throws(Refusal) -> Opened
}

/// A request that only the task itself can have made.
protocol OpenedExchange: Sendable {
    var secrets: [RequestedSecret] { get }

    /// Takes back that the request was seen, as it is not answered: who asks too often uses up nobody's memory.
    func forget(_ context: ExchangeContext)

    /// The body of the answer.
    /// - Parameters:
    ///   - decisions: for each secret the envelope that may be opened, or why it may not.
    ///   - open: writes the plaintext of the secret with this index into guarded memory.
    func answer(
        _ decisions: [Result<Envelope, SecretaryError>],
        open: (Int, Envelope, UnsafeMutableRawBufferPointer) throws(SecretaryError) -> Void
    ) throws(Refusal) -> [UInt8]
}

/// What exchanges of all tasks share.
struct ExchangeContext: Sendable {
    let agreements = TaskAgreements()
    let replays: ReplayGuard
    let limits: RequestLimits
}
