internal import SecretaryCore
internal import SystemPackage

// From requests for content to plaintext. Whatever is at hand is answered before these functions return; what needs
// something outside is answered from another thread, at the latest when the deadline has passed.
extension Filesystem {
    /// Opens a file for reading: the one place where a reader's request leads to plaintext.
    /// - Parameters:
    ///   - willWait: called before the request waits for something outside, with what a signal to the reader ends.
    ///   - answer: called once, with an errno when there is no content: `EACCES` refused, `EIO` cannot be decrypted,
    ///     `EHOSTUNREACH` nobody to ask, `ETIMEDOUT` no answer in time, `EINTR` a signal; never an empty file. Says
    ///     whether there is a handle now, which will be released.
    func open(
        _ inode: Inode, by caller: Caller, willWait: (Waiter) -> Void = { _ in },
        _ answer: @escaping @Sendable (Result<Void, Errno>) -> Bool
    ) {
        let request = ContentRequest()
        let waiter = waiter(for: request) { [held] result in
            if !answer(result), case .success = result { held.release(inode) }
        }
        let admits: @Sendable (SecretFile) -> Bool = { [self] in self.admits(caller, to: $0, request, waiter) }
        let body: Node.Body?
        do throws(Errno) {
            body = try content(of: inode)
        } catch {
            waiter.tell(.missing(error))
            return
        }
        guard let body else {
            return awaitSource(for: waiter, willWait) { [self] in
                obtainBeside(inode, for: .handle, request, waiter, admits: admits)
            }
        }
        guard case .secret(let file) = body else {
            waiter.tell(.held)
            return
        }
        request.facts.file = file
        let isAdmitted =
            admission.mayBlock ? admission.promptness.attempt { admits(file) } : admits(file)
        if let isAdmitted {
            if isAdmitted { obtain(inode, file, for: .handle, waiter, willWait) }
            return
        }
        willWait(waiter)
        outside.begin(waiter)
        doBeside(for: waiter) { [self] in obtainBeside(inode, for: .handle, request, waiter, admits: admits) }
    }

    /// - Returns: `false` when the waiter was told why not.
    private func admits(
        _ caller: Caller, to file: SecretFile, _ request: ContentRequest, _ waiter: Waiter
    ) -> Bool {
        let generation = tree.generation
        do throws(SecretaryError) {
            let reader = try admission.admit(caller, to: file, generation: generation)
            request.facts = ContentRequest.Facts(file: file, reader: reader, generation: generation)
            return true
        } catch {
            waiter.tell(.failed(error))
            return false
        }
    }

    /// Ends what a successful `open` began.
    /// - Parameter worker: the number that the handle carries: what another process opened counts nothing here.
    func release(_ inode: Inode, openedBy worker: UInt64) {
        guard worker == workerNumber else { return }
        held.release(inode)
    }

    /// Hands out the bytes of a file.
    ///
    /// What is not held is held for this read and the linger, which joins those that follow each other: under the policy
    /// `resident` nobody opens, and a handle may be of a worker that is no more.
    /// - Parameters:
    ///   - willWait: as for `open`.
    ///   - answer: called once, with a part of the content, which must not be kept and is empty beyond the end, or with
    ///     an errno as of `open`.
    func read(
        _ inode: Inode, count: Int, at offset: Int, willWait: (Waiter) -> Void = { _ in },
        _ answer: @escaping @Sendable (Result<UnsafeRawBufferPointer, Errno>) -> Void
    ) {
        let body: Node.Body?
        do throws(Errno) {
            body = try content(of: inode)
        } catch {
            return unsafe answer(.failure(error))
        }
        if let body, unsafe answerAtOnce(inode, body, count: count, at: offset, answer) { return }
        let request = ContentRequest()
        let waiter = waiter(for: request) { [self] result in
            switch result {
            case .failure(let error): unsafe answer(.failure(error))
            case .success:
                let body = try? content(of: inode)
                if unsafe !answerAtOnce(inode, body ?? .lost, count: count, at: offset, answer) {
                    unsafe answer(.failure(.ioError))
                }
                held.release(inode)
            }
        }
        guard case .secret(let file) = body else {
            return awaitSource(for: waiter, willWait) { [self] in
                obtainBeside(inode, for: .reading, request, waiter)
            }
        }
        request.facts.file = file
        obtain(inode, file, for: .reading, waiter, willWait)
    }

    /// Hands out what is at hand.
    /// - Returns: `false`, without an answer, when there is nothing.
    private func answerAtOnce(
        _ inode: Inode, _ body: Node.Body, count: Int, at offset: Int,
        _ answer: (Result<UnsafeRawBufferPointer, Errno>) -> Void
    ) -> Bool {
        switch body {
        case .directory: unsafe answer(.failure(.isDirectory))
        case .report: unsafe answer(.success(UnsafeRawBufferPointer(start: nil, count: 0)))
        case .text(let text):
            unsafe text.withUnsafeBytes { unsafe answer(.success($0.part(count: count, at: offset))) }
        // A secret that is held is shown even when the tree has another in its place by now.
        case .secret, .lost: return unsafe lend(inode, count: count, at: offset, answer)
        }
        return true
    }

    /// - Returns: `false` when the secret is not held.
    private func lend(
        _ inode: Inode, count: Int, at offset: Int, _ answer: (Result<UnsafeRawBufferPointer, Errno>) -> Void
    ) -> Bool {
        held.withPlaintext(of: inode) { plaintext in
            unsafe plaintext.withUnsafeBytes { unsafe answer(.success($0.part(count: count, at: offset))) }
        } != nil
    }
}

extension UnsafeRawBufferPointer {
    /// At most `count` bytes from `offset` on; fewer at the end.
    fileprivate func part(count: Int, at offset: Int) -> UnsafeRawBufferPointer {
        let start = Swift.min(Swift.max(offset, 0), self.count)
        let end = start + Swift.min(Swift.max(count, 0), self.count - start)
        return unsafe UnsafeRawBufferPointer(rebasing: self[start..<end])
    }
}

extension SecretaryError {
    /// What a reader gets to see of a failure.
    var errno: Errno {
        switch code {
        case .denied: .permissionDenied
        case .unavailable: .noRouteToHost
        case .timedOut: .timedOut
        case .system: .noMemory
        default: .ioError
        }
    }
}
