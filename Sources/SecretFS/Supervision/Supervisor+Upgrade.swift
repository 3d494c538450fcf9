internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// Another program takes over while it runs: its worker first, then its supervisor.
extension Supervisor {
    /// How long the worker of another program may take until it could serve.
    private static let upgradePatience: Duration = .seconds(30)

    /// Starts a worker of the program as it is on disk by now; the old one goes on until that one could serve.
    func startUpgrade() {
        guard successor == nil, !isEnding, connection != nil else { return }
        do throws(SecretaryError) {
            successor = Charge(
                process: try makeWorker(succeeds: true), deadline: .now + Self.upgradePatience)
        } catch {
            noteUpgrade(error: error.message)
        }
    }

    /// Gives up on a new worker that takes too long.
    func dropSuccessor() {
        guard var charge = successor else { return }
        successor = nil
        charge.kill()
        // A thread that waits for a source that hangs may keep it from ending.
        remains.append(charge.process)
        noteUpgrade(error: charge.complaint ?? "the new worker was not ready within \(Self.upgradePatience)")
    }

    func handleEndOfSuccessor() {
        guard let charge = successor, let status = charge.process.nextChange()?.end else { return }
        successor = nil
        noteUpgrade(error: charge.complaint ?? "the new worker \(status.description)")
    }

    private func noteUpgrade(error: String) {
        memory.updateNotice { notice in
            notice.upgrades += 1
            notice.upgradeError = error
        }
    }

    /// Where the old worker is gone, or there was none, the new one serves.
    func promoteSuccessor() throws(SecretaryError) {
        current = successor
        successor = nil
        nextStart = nil
        try giveConnection()
        becomeNewProgram()
    }

    /// The supervisor becomes the new program, too, with the same process id.
    private func becomeNewProgram() {
        noteUpgrade(error: "")
        guard let handover else { return }
        handover.setCloseOnExec(false)
        // Signals stay blocked, and wait for the new program.
        var arguments = unsafe command.supervisorLine(resuming: handover).map { unsafe strdup($0) } + [nil]
        unsafe execve(command.program, &arguments, environ)
        // Then the old supervisor goes on with the new worker.
        let error = Errno(rawValue: errno)
        unsafe arguments.forEach { unsafe free($0) }
        handover.setCloseOnExec(true)
        noteUpgrade(error: "the worker is new, but its supervisor is still the old program: \(error)")
    }

    /// What a supervisor after this one needs.
    var handover: SupervisorHandover? {
        guard let connection else { return nil }
        let worker = current.map { charge in
            SupervisorHandover.Worker(
                number: charge.process.number, pid: charge.process.pid, control: charge.process.control.descriptor)
        }
        return SupervisorHandover(
            memory: memory.descriptors, connection: connection, claim: mountpoint.claim, keys: keys, worker: worker)
    }
}
