internal import SecretaryCore

/// Finds out about the process behind a request.
struct ReaderInspector: Sendable {
    /// - Parameter isAsked: whether anybody wants to know more than the kernel says with the request.
    func reader(of caller: Caller, isAsked: Bool) -> ReaderProcess {
        ReaderProcess(uid: caller.uid, gid: caller.gid, pid: caller.thread)
    }
}
