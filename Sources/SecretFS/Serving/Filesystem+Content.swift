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
        let file: SecretFile
        do throws(Errno) {
            switch try node(inode).body {
            case .secret(let secret): file = secret
            case .lost: throw .ioError
            case .directory, .text, .report:
                _ = answer(.success(()))
                return
            }
        } catch {
            _ = answer(.failure(error))
            return
        }
        let admitted = AdmittedReader(generation: tree.generation)
        let waiter = waiter(for: file, admitted) { [held] result in
            if !answer(result), case .success = result { held.release(inode) }
        }
        let isAdmitted =
            admission.mayBlock
            ? admission.promptness.attempt { admits(caller, to: file, admitted, waiter) }
            : admits(caller, to: file, admitted, waiter)
        if let isAdmitted {
            if isAdmitted { obtain(inode, file, for: .handle, waiter, willWait) }
            return
        }
        willWait(waiter)
        outside.begin(waiter)
        do throws(SecretaryError) {
            try outside.run { [self] in
                guard waiter.isWaiting,
                    admission.promptness.measure({ admits(caller, to: file, admitted, waiter) })
                else { return }
                if hold(inode, for: .handle, waiter) == .begun { held.decrypt(inode, file) }
            }
        } catch {
            waiter.tell(.failed(error))
        }
    }

    /// - Returns: `false` when the waiter was told why not.
    private func admits(
        _ caller: Caller, to file: SecretFile, _ admitted: AdmittedReader, _ waiter: Waiter
    ) -> Bool {
        do throws(SecretaryError) {
            admitted.reader = try admission.admit(caller, to: file, generation: admitted.generation)
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
        let body: Node.Body
        do throws(Errno) {
            body = try node(inode).body
        } catch {
            return unsafe answer(.failure(error))
        }
        switch body {
        case .directory: unsafe answer(.failure(.isDirectory))
        case .lost: unsafe answer(.failure(.ioError))
        case .report: unsafe answer(.success(UnsafeRawBufferPointer(start: nil, count: 0)))
        case .text(let text):
            unsafe text.withUnsafeBytes { unsafe answer(.success($0.part(count: count, at: offset))) }
        case .secret(let file):
            guard unsafe !lend(inode, count: count, at: offset, answer) else { return }
            let waiter = waiter(for: file) { [self] result in
                switch result {
                case .failure(let error): unsafe answer(.failure(error))
                case .success:
                    if unsafe !lend(inode, count: count, at: offset, answer) { unsafe answer(.failure(.ioError)) }
                    held.release(inode)
                }
            }
            obtain(inode, file, for: .reading, waiter, willWait)
        }
    }

    /// - Returns: `false` when the secret is not held.
    private func lend(
        _ inode: Inode, count: Int, at offset: Int, _ answer: (Result<UnsafeRawBufferPointer, Errno>) -> Void
    ) -> Bool {
        held.withPlaintext(of: inode) { plaintext in
            unsafe plaintext.withUnsafeBytes { unsafe answer(.success($0.part(count: count, at: offset))) }
        } != nil
    }

    /// Somebody who waits for a file's content, and is told what a reader can be told.
    private func waiter(
        for file: SecretFile, _ admitted: AdmittedReader? = nil,
        _ answer: @escaping @Sendable (Result<Void, Errno>) -> Void
    ) -> Waiter {
        Waiter { [self] outcome in
            switch outcome {
            case .held: answer(.success(()))
            case .interrupted: answer(.failure(.interrupted))
            case .failed(let error):
                // The reader gets no more than a number.
                reports.failures.note(error, at: file.source)
                answer(.failure(error.errno))
                noteFailure(error, of: file, admitted)
            }
        }
    }

    /// Writes down that an open that was allowed has led to nothing; on another thread, as nobody waits for it.
    private func noteFailure(_ error: SecretaryError, of file: SecretFile, _ admitted: AdmittedReader?) {
        guard admission.mayBlock, let admitted, let reader = admitted.reader else { return }
        try? outside.run { [admission] in
            admission.note(error, for: reader, of: file, generation: admitted.generation)
        }
    }

    /// Makes the secret held: at once, together with others that wait for it, or by decrypting it.
    private func obtain(
        _ inode: Inode, _ file: SecretFile, for use: HeldSecrets.Use, _ waiter: Waiter, _ willWait: (Waiter) -> Void
    ) {
        guard file.mayBlock, !held.isHeld(inode) else {
            if hold(inode, for: use, waiter) == .begun { held.decrypt(inode, file) }
            return
        }
        willWait(waiter)
        outside.begin(waiter)
        guard hold(inode, for: use, waiter) == .begun else { return }
        do throws(SecretaryError) {
            try outside.run { [held] in held.decrypt(inode, file) }
        } catch {
            held.fail(inode, error)
        }
    }

    private func hold(_ inode: Inode, for use: HeldSecrets.Use, _ waiter: Waiter) -> HeldSecrets.Acquisition {
        let acquisition = held.acquire(inode, for: use, waiter)
        if acquisition == .held, !waiter.tell(.held) { held.release(inode) }
        return acquisition
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
