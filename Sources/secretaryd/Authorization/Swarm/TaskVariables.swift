import SecretaryCore

/// The variables and labels of a task, or the labels of a service.
struct TaskVariables: Sendable {
    private(set) var values: [String: Value] = [:]

    /// Adds `NAME=VALUE` of a container.
    mutating func add(environment: ConfigNode?) {
        guard case .sequence(let entries)? = environment else { return }
        for entry in entries {
            guard let value = entry.value, case .literal(let text)? = value.pieces.first,
                let end = text.firstIndex(of: UInt8(ascii: "="))
            else { continue }
            let name = String(decoding: text[..<end], as: UTF8.self)
            // Where there are envelopes, these are all that matters.
            values[name] = value.hasEnvelopes ? value : Value(scanning: Array(text[(end + 1)...]))
        }
    }

    /// Adds labels; `secretary.deploy-public-key` is another way to write `DEPLOY_PUBLIC_KEY`.
    mutating func add(labels: ConfigNode?) {
        guard case .mapping(let entries)? = labels else { return }
        for entry in entries {
            guard let value = entry.node.value else { continue }
            values[Self.variable(entry.key)] = value
        }
    }

    /// Grants what is in them, in the order of their names.
    func add(to granted: inout GrantedValues) {
        for (name, value) in values.sorted(by: { $0.key < $1.key }) { granted.add(value, named: name) }
    }

    private static func variable(_ label: String) -> String {
        switch label {
        case "secretary.deploy-public-key": "DEPLOY_PUBLIC_KEY"
        case "secretary.service-public-key": "SERVICE_PUBLIC_KEY"
        default: label
        }
    }

    /// About how many bytes it takes.
    var size: Int { values.reduce(0) { $0 + $1.key.utf8.count + $1.value.plaintextCount + 128 } }
}
