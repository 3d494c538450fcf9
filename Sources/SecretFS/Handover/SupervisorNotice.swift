/// What the supervisor says about itself and its workers, for `.secretary/status`.
struct SupervisorNotice: Sendable, Equatable {
    /// Where it is mounted: absolute, without symbolic links.
    var mountpoint = ""
    /// Process id of the supervisor.
    var supervisor = 0
    /// How many workers this mount has had; the first has the number 0.
    var workers: UInt64 = 0
    /// How many workers ended that should not have.
    var restarts = 0
    /// How the last of them ended; empty when none did.
    var lastEnd = ""
    /// How many upgrades were tried.
    var upgrades = 0
    /// Why the last upgrade was not done; empty when it was.
    var upgradeError = ""
    /// The number of the mount's file system, as mountinfo has it: `0:57`; empty when nobody knows.
    var device = ""

    init() {}

    /// - Parameter text: what `text` gave.
    init(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // A supervisor before volumes did not write the last.
        guard lines.count == 7 || lines.count == 8 else { return }
        supervisor = Int(lines[0]) ?? 0
        workers = UInt64(lines[1]) ?? 0
        restarts = Int(lines[2]) ?? 0
        lastEnd = String(lines[3])
        upgrades = Int(lines[4]) ?? 0
        upgradeError = String(lines[5])
        mountpoint = String(lines[6])
        device = lines.count > 7 ? String(lines[7]) : ""
    }

    /// One line for each.
    var text: String {
        [
            String(supervisor), String(workers), String(restarts), Self.line(lastEnd), String(upgrades),
            Self.line(upgradeError), mountpoint, device,
        ].joined(separator: "\n")
    }

    private static func line(_ text: String) -> String {
        let beginning = String(decoding: text.utf8.prefix(1000), as: UTF8.self)
        return beginning.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
