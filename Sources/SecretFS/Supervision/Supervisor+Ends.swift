internal import CLinux
internal import Glibc
internal import SecretaryCore
internal import Synchronization
internal import SystemPackage

/// What follows when a worker ends.
extension Supervisor {
    /// Notices which workers have ended.
    func handleEnds() throws(SecretaryError) {
        try handleEndOfCurrent()
        handleEndOfSuccessor()
        remains.removeAll { process in
            guard process.nextChange()?.end != nil else { return false }
            // What its last threads had taken meanwhile.
            if let connection { KernelSession.requestResending(on: connection) }
            return true
        }
        reapInherited()
    }

    /// Lets go of workers that the program before this one, whose place it took, had no time to wait for.
    func reapInherited() {
        let own = [current, successor].compactMap { $0?.process.pid } + remains.map(\.pid)
        while case let pid = clinux_ended_child(), pid > 0, !own.contains(pid) { waitpid(pid, nil, WNOHANG) }
    }

    private func handleEndOfCurrent() throws(SecretaryError) {
        guard let charge = current else { return }
        while let change = charge.process.nextChange() {
            switch change {
            case .stopped: current?.stopped = .now
            case .continued: current?.stopped = nil
            case .ended(let status): return try workerEnded(charge, status)
            }
        }
        if charge.process.hasLostMainThread.load(ordering: .acquiring) {
            // It may be a moment before the system says so.
            if let status = charge.process.nextChange()?.end { return try workerEnded(charge, status) }
            remains.append(charge.process)
            try workerEnded(charge, .killed(signal: SIGKILL))
        }
    }

    private func workerEnded(_ charge: Charge, _ status: ExitStatus) throws(SecretaryError) {
        // What it said last may not have been read yet.
        try handleMessages()
        let complaint = current?.complaint
        let reason = complaint ?? "the worker \(status.description)"
        let phase = current?.phase ?? charge.phase
        let isReplaced = successor?.phase == .prepared
        current = nil
        if isEnding {
            isOver = true
        } else if connection == nil {
            outcome = .failed(status: status.code)
            isOver = true
        } else if isReplaced {
            if phase != .ending { noteRestart(because: reason) }
            try promoteSuccessor()
        } else {
            restart(
                because: reason, wasKilled: complaint == nil && status == .killed(signal: SIGKILL),
                served: phase == .serving || phase == .ending)
        }
    }

    /// Kills a worker that takes too long; one that does not begin may do so still, but readers wait for it no longer.
    func dropCurrent() {
        if let charge = current, charge.phase == .starting, charge.complaint == nil, charge.isLate {
            current?.deadline = nil
            let reason =
                "the worker has not begun within \(Self.startPatience): see whether the file systems of its files answer"
            if standIn == nil { answerAlone(because: reason) }
            return announce("Answering with errors: \(reason)")
        }
        current?.kill()
        guard connection == nil, current?.complaint != nil else { return }
        // It has said why; a thread that waits for a source that hangs keeps it from ending.
        outcome = .failed(status: SecretaryError.Code.timedOut.rawValue)
        isOver = true
    }

    /// Has another worker start when it is time, and answers alone until then if that takes long.
    func restart(because reason: String, wasKilled: Bool, served: Bool) {
        noteRestart(because: reason)
        switch policy.workerEnded(wasKilled: wasKilled, served: served) {
        case .start(let delay):
            nextStart = .now + delay
        case .standIn(let delay):
            nextStart = .now + delay
            guard standIn == nil else { return }
            answerAlone(because: reason)
            // Also the first answer after the supervisor before: the service manager must not take that for no answer.
            announce("Answering with errors: \(reason)")
        }
    }

    private func noteRestart(because reason: String) {
        memory.updateNotice { notice in
            notice.restarts += 1
            notice.lastEnd = reason
        }
    }

    /// Answers every request with an error.
    func answerAlone(because reason: String) {
        guard let connection else { return }
        // If not even that can be done, readers wait for the next worker.
        standIn = try? StandIn(
            for: memory, on: connection, settings: settings, source: settings.source, because: reason
        ) { [unmounted, waker] in
            unmounted.stop()
            waker.wake()
        }
    }
}
