internal import SecretaryCore
internal import SystemPackage

// Who has to wait for content, and how long: beside the threads that serve the kernel, so that nobody else does.
extension Filesystem {
    /// Somebody who waits for a file's content, and is told what a reader can be told.
    func waiter(
        for request: ContentRequest, _ answer: @escaping @Sendable (Result<Void, Errno>) -> Void
    ) -> Waiter {
        Waiter { [self] outcome in
            switch outcome {
            case .held: answer(.success(()))
            case .interrupted: answer(.failure(.interrupted))
            case .missing(let error): answer(.failure(error))
            case .failed(let error):
                // The reader gets no more than a number.
                let facts = request.facts
                reports.failures.note(error, at: facts.file?.source ?? reports.source)
                answer(.failure(error.errno))
                noteFailure(error, facts)
            }
        }
    }

    /// Writes down that an open that was allowed has led to nothing; on another thread, as nobody waits for it.
    private func noteFailure(_ error: SecretaryError, _ facts: ContentRequest.Facts) {
        guard admission.mayBlock, let file = facts.file, let reader = facts.reader else { return }
        try? outside.run { [admission] in
            admission.note(error, for: reader, of: file, generation: facts.generation)
        }
    }

    /// What an inode stands for; `nil` when the source has to be read before anybody can say.
    /// - Throws: `ESTALE` for a version that is gone, `EIO` for one that cannot be read.
    func content(of inode: Inode) throws(Errno) -> Node.Body? {
        // Asked first: when it is read, there is another tree before nobody waits any more.
        let isAwaited = source.isAwaited
        do throws(Errno) {
            let body = try node(inode).body
            guard case .lost = body else { return body }
        } catch {
            guard isAwaited else { throw error }
        }
        guard isAwaited else { throw tree.nodes[inode] == nil ? .staleNFSFileHandle : .ioError }
        return nil
    }

    /// Does the work when the source has been read, on another thread.
    func awaitSource(for waiter: Waiter, _ willWait: (Waiter) -> Void, _ work: @escaping @Sendable () -> Void) {
        willWait(waiter)
        outside.begin(waiter)
        if !source.keep(work, for: waiter) { doBeside(for: waiter, work) }
    }

    /// The tree that is shown is all that is known, whatever it lacks: lets go on who waits for the source.
    func endWaitingForSource() {
        for (waiter, work) in source.end() { doBeside(for: waiter, work) }
    }

    /// Does what may take long for somebody who waits already.
    func doBeside(for waiter: Waiter, _ work: @escaping @Sendable () -> Void) {
        do throws(SecretaryError) {
            try outside.run(work)
        } catch {
            waiter.tell(.failed(error))
        }
    }

    /// Makes content held for somebody who waits already, on a thread that may wait, too.
    /// - Parameter admits: decides whether a secret may be given out, and else tells why not.
    func obtainBeside(
        _ inode: Inode, for use: HeldSecrets.Use, _ request: ContentRequest, _ waiter: Waiter,
        admits: ((SecretFile) -> Bool)? = nil
    ) {
        guard waiter.isWaiting else { return }
        do throws(Errno) {
            guard let body = try content(of: inode) else { throw .ioError }
            guard case .secret(let file) = body else {
                waiter.tell(.held)
                return
            }
            request.facts.file = file
            if let admits, !admission.promptness.measure({ admits(file) }) { return }
            if hold(inode, for: use, renews: renews(file, for: use), waiter) == .begun { held.decrypt(inode, file) }
        } catch {
            waiter.tell(.missing(error))
        }
    }

    /// Makes the secret held: at once, together with others that wait for it, or by decrypting it.
    func obtain(
        _ inode: Inode, _ file: SecretFile, for use: HeldSecrets.Use, _ waiter: Waiter, _ willWait: (Waiter) -> Void
    ) {
        let renews = renews(file, for: use)
        guard file.mayBlock, renews || !held.isHeld(inode) else {
            guard hold(inode, for: use, renews: renews, waiter) == .begun else { return }
            turn.end()
            held.decrypt(inode, file)
            return
        }
        willWait(waiter)
        outside.begin(waiter)
        guard hold(inode, for: use, renews: renews, waiter) == .begun else { return }
        do throws(SecretaryError) {
            try outside.run { [held] in held.decrypt(inode, file) }
        } catch {
            held.fail(inode, error)
        }
    }

    /// Whether who decrypts it outside has to be asked for each open, whoever has it open already.
    private func renews(_ file: SecretFile, for use: HeldSecrets.Use) -> Bool {
        use == .handle && file.mayBlock && file.keptState != .fresh
    }

    private func hold(
        _ inode: Inode, for use: HeldSecrets.Use, renews: Bool, _ waiter: Waiter
    ) -> HeldSecrets.Acquisition {
        let acquisition = held.acquire(inode, for: use, renews: renews, waiter)
        if acquisition == .held, !waiter.tell(.held) { held.release(inode) }
        return acquisition
    }
}
