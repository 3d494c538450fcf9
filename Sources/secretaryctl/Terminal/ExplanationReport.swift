import SecretFS
import SecretaryCore

/// What `explain` prints.
struct ExplanationReport {
    let explanation: Explanation
    let reader: ReaderProcess
    /// The keys at hand, or why there are none.
    let keys: Result<LocalDecryptor, SecretaryError>

    /// A line for each step, and the decision at the end.
    var lines: [String] {
        var lines = ["file:    \(explanation.source)", "reader:  \(readerText)"]
        for (name, decision) in steps {
            lines.append("\(name):".padded(to: 9) + Self.word(decision) + " by " + Self.rule(decision, without: name))
        }
        if let key { lines.append("key:     " + key) }
        lines.append(
            Self.word(explanation.decision) + (explanation.decision.isAllowed ? "" : " by \(explanation.decision.rule)")
        )
        return lines
    }

    var json: JSONText {
        var members: [(String, JSONText)] = [
            ("decision", .string(Self.word(explanation.decision))), ("rule", .string(explanation.decision.rule)),
            ("file", .string(explanation.source)), ("reader", readerObject),
        ]
        for (name, decision) in steps {
            members.append(
                (name, .object([("decision", .string(Self.word(decision))), ("rule", .string(decision.rule))])))
        }
        members.append(("key", key.map { .string($0) } ?? .null))
        return .object(members)
    }

    private var steps: [(name: String, decision: ReaderDecision)] {
        [("mode", explanation.mode), ("readers", explanation.readers), ("scope", explanation.scopes)].compactMap {
            (name, decision) in decision.map { (name, $0) }
        }
    }

    private static func word(_ decision: ReaderDecision) -> String { decision.isAllowed ? "allowed" : "denied" }

    private static func rule(_ decision: ReaderDecision, without name: String) -> String {
        decision.rule.hasPrefix("\(name): ") ? String(decision.rule.dropFirst(name.count + 2)) : decision.rule
    }

    /// Whether everything in the file could be decrypted; `nil` when nothing is encrypted.
    private var key: String? {
        guard !explanation.envelopes.isEmpty else { return nil }
        switch keys {
        case .failure(let error): return "missing: \(error.message)"
        case .success(let decryptor):
            return explanation.envelopes.allSatisfy(decryptor.canOpen) ? "at hand" : "missing: none at hand fits"
        }
    }

    // MARK: The reader

    private var readerText: String {
        var words = ["user \(reader.uid)", "group \(reader.gid)"]
        if reader.pid > 0 { words.append("process \(reader.pid)") }
        words.append("program \(reader.executable.map { isElsewhere ? "\($0) (elsewhere)" : $0 } ?? "unknown")")
        words.append("control group \(reader.cgroup ?? "unknown")")
        if let container = reader.container { words.append("container \(container)") }
        return words.joined(separator: ", ")
    }

    private var isElsewhere: Bool { !reader.sharesMountNamespace }

    private var readerObject: JSONText {
        .object([
            ("uid", .number(Int(reader.uid))), ("gid", .number(Int(reader.gid))),
            ("pid", reader.pid == 0 ? .null : .number(Int(reader.pid))),
            ("start_time", reader.startTime.map { .number(Int($0)) } ?? .null),
            ("exe", reader.executable.map { .string($0) } ?? .null),
            ("mount_namespace", .string(isElsewhere ? "other" : "own")),
            ("cgroup", reader.cgroup.map { .string($0) } ?? .null),
            ("container", reader.container.map { .string($0) } ?? .null),
        ])
    }
}

extension String {
    fileprivate func padded(to count: Int) -> String {
        self + String(repeating: " ", count: max(0, count - self.count))
    }
}
