internal import Glibc
public import SecretaryCore
public import SystemPackage

/// Having a mount go over to the program as it is installed now.
public enum Upgrading {
    /// Tells the supervisor of the mount at `path` to upgrade, and waits until that is done.
    /// - Throws: `.mount` when it is no SecretFS mount, cannot be told, or goes on with the program it had: it says why.
    public static func upgrade(_ path: FilePath, deadline: Duration = .seconds(40)) throws(SecretaryError) {
        let path = (try? MountPath.resolve(path)) ?? path.string
        let table = try MountTable()
        guard table.type(at: path) == MountTable.secretFSType else {
            throw SecretaryError(.mount, "no SecretFS is mounted at \(path)")
        }
        let before = try Status(of: path)
        guard before.supervisor != 0 else {
            throw SecretaryError(
                .mount, "the supervisor of \(path) is gone: its worker goes on alone",
                hint: "unmount it and mount it anew when its readers can do without it")
        }
        // A mount can say anything of itself: only its owner's processes get a signal for it.
        let owner = table.owner(at: path)
        guard before.supervisor > 1, let owner, (try? LiveReader(pid: before.supervisor))?.process.uid == owner,
            kill(before.supervisor, SIGUSR2) == 0
        else {
            throw SecretaryError(
                .mount,
                "the server of \(path), process \(before.supervisor), cannot be told: \(Errno(rawValue: errno))",
                hint: "run this as the user who mounted, or as root"
            )
        }
        let waiting = Waker()
        let end = ContinuousClock.now + deadline
        while ContinuousClock.now < end {
            // Nothing tells when it is done.
            waiting.wait(until: .now + .milliseconds(100))
            let status = try Status(of: path)
            guard status.upgrades > before.upgrades else { continue }
            guard let error = status.upgradeError else { return }
            throw SecretaryError(.mount, "\(path) goes on with the program it had: \(error)")
        }
        throw SecretaryError(
            .mount, "\(path) is not upgraded after \(deadline)", hint: "look at \(path)/.secretary/status")
    }

    /// What `.secretary/status` says of supervisor and upgrades.
    private struct Status {
        var supervisor: pid_t = 0
        var upgrades = 0
        var upgradeError: String?

        init(of path: String) throws(SecretaryError) {
            let text: [UInt8]
            do {
                let file = try FileDescriptor.open(FilePath("\(path)/.secretary/status"), .readOnly)
                defer { try? file.close() }
                text = try file.readToEnd()
            } catch {
                throw SecretaryError(.mount, "\(path)/.secretary/status cannot be read: \(error)")
            }
            // A line for each member, as `ReportWriter` writes them.
            for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2 else { continue }
                var value = parts[1].drop { $0 == " " }
                if value.last == "," { value.removeLast() }
                switch parts[0] {
                case "  \"pid\"": supervisor = pid_t(value) ?? 0
                case "  \"upgrades\"": upgrades = Int(value) ?? 0
                case "  \"upgrade_error\"": upgradeError = value == "null" ? nil : String(value.dropFirst().dropLast())
                default: break
                }
            }
        }
    }
}
