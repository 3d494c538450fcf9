import SecretaryCore

/// A record on one line, in columns that do not depend on other records: logs can be larger than memory.
enum AuditEntryText {
    static func line(_ entry: AuditEntry, isBack: Bool) -> String {
        var line = pad(entry.sequence.map(String.init) ?? "-", to: 8, right: true)
        line += "  " + Timestamp.text(entry.time) + (isBack ? "<" : " ")
        line += " " + pad(entry.event.rawValue, to: 10)
        let reader = reader(of: entry)
        if !reader.isEmpty { line += " " + pad(reader, to: 28) }
        if let secret = entry["secret"] { line += " " + Printable.text(secret) }
        if let scope = entry["scope"] { line += "  [" + Printable.text(scope) + "]" }
        if let rule = entry["rule"] { line += "  " + Printable.text(rule) }
        if let reason = entry["reason"] { line += "  " + Printable.text(reason) }
        return line
    }

    static func reader(of entry: AuditEntry) -> String {
        guard let uid = entry.number("uid") else { return task(of: entry) }
        var text = "\(uid)"
        if let pid = entry.number("pid") { text += "/\(pid)" }
        if let executable = entry["exe"] { text += " " + Printable.text(executable) }
        if let container = entry["container"] { text += " @" + Printable.text(String(container.prefix(12))) }
        return text
    }

    private static func task(of entry: AuditEntry) -> String {
        let parts = [entry["app"] ?? "", entry["task"] ?? "", entry["remote"].map { "from \($0)" } ?? ""]
        return parts.filter { !$0.isEmpty }.map(Printable.text).joined(separator: " ")
    }

    private static func pad(_ text: String, to width: Int, right: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return right ? space + text : text + space
    }
}
