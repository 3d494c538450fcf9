import SecretFS
import SecretaryCore

/// Findings as they are shown.
enum FindingTable {
    /// A line for each finding, and below it what can be done.
    static func lines(_ findings: [Finding], isColourful: Bool) -> [String] {
        let width = findings.map(\.check.count).max() ?? 0
        return findings.flatMap { finding in
            let level = finding.level.rawValue.padded(to: 7)
            let shown = isColourful ? "\u{1B}[\(colour(of: finding.level))m\(level)\u{1B}[0m" : level
            let line = "\(shown)  \(finding.check.padded(to: width))  \(Report.printable(finding.reason))"
            let indentation = String(repeating: " ", count: 7 + 2 + width + 2)
            return [line] + (finding.fix.map { ["\(indentation)fix: \(Report.printable($0))"] } ?? [])
        }
    }

    static func json(_ findings: [Finding]) -> JSONText {
        .array(
            findings.map { finding in
                .object([
                    ("check", .string(finding.check)), ("level", .string(finding.level.rawValue)),
                    ("reason", .string(finding.reason)), ("fix", finding.fix.map { .string($0) } ?? .null),
                ])
            })
    }

    private static func colour(of level: Finding.Level) -> Int {
        switch level {
        case .ok: 32
        case .warning: 33
        case .problem: 31
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
