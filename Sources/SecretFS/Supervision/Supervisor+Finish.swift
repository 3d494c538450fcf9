internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// The end of the mount.
extension Supervisor {
    /// How long the rest of a worker usually takes to be gone.
    private static let briefness: Duration = .milliseconds(100)

    /// Takes the mount away.
    func finish() {
        for process in [current?.process, successor?.process].compactMap(\.self) {
            process.kill(SIGKILL)
            remains.append(process)
        }
        guard let connection else { return }
        // A service that is started anew must not get what has ended, nor find the mountpoint claimed.
        for (name, _) in handover?.stored ?? [] { manager?.forget(name) }
        if isMounted { try? Unmounting.detach(mountpoint.path, lazily: true) }
        outliveWorkers()
        standIn?.stop()
        try? connection.close()
    }

    /// Whether nobody was faster: what is at the mountpoint otherwise was there before, and is not to be taken away.
    private var isMounted: Bool {
        guard let table = try? MountTable(), table.type(at: mountpoint.path) == MountTable.secretFSType else {
            return false
        }
        let device = memory.notice.device
        return device.isEmpty || table.device(at: mountpoint.path) == device
    }

    /// Waits until no worker is left that could use the connection.
    ///
    /// A thread that was telling the kernel something when its process ended may wait for a look-up that nobody answers, and
    /// keeps the connection from being closed, by which that look-up would fail: unless somebody answers, both wait forever.
    private func outliveWorkers() {
        let now = ContinuousClock.now
        for (end, isLast) in [(now + Self.briefness, false), (now + Charge.patience, true)] {
            while true {
                remains.removeAll { $0.nextChange()?.end != nil }
                if remains.isEmpty { return }
                guard ContinuousClock.now < end else { break }
                waker.wait(until: end, orReadable: [signals.descriptor])
                _ = signals.pending()
            }
            if !isLast, standIn == nil { answerAlone(because: "the mount ends") }
        }
    }
}
