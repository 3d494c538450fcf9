import ArgumentParser
import SecretaryCore

/// A moment on the command line: RFC 3339, a date, or how long ago.
struct AuditTime: ExpressibleByArgument {
    /// Nanoseconds since 1970.
    let nanoseconds: Int64

    init?(argument: String) {
        if let time = Timestamp.parse(argument) {
            nanoseconds = time
        } else if let unit = argument.last, let seconds = Self.units[unit], let count = Int64(argument.dropLast()),
            count >= 0, count < 1_000_000_000
        {
            nanoseconds = WallClock.nanoseconds() - min(count * seconds, 9_000_000_000) * 1_000_000_000
        } else {
            return nil
        }
    }

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800]
}
