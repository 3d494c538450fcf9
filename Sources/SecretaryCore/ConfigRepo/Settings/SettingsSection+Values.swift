package import SystemPackage

// Values that are not plain texts.

extension SettingsSection {
    /// `true` or `false`.
    package func boolean(_ key: String) throws(SecretaryError) -> Bool? {
        try value(key) { text throws(SecretaryError) in
            switch text {
            case "true": true
            case "false": false
            default: throw SecretaryError(.configuration, "\"\(text)\" is neither true nor false")
            }
        }
    }

    /// A whole number.
    package func number(_ key: String, in range: ClosedRange<Int>) throws(SecretaryError) -> Int? {
        try value(key) { text throws(SecretaryError) in
            guard let number = Int(text), range.contains(number) else {
                throw SecretaryError(
                    .configuration, "\"\(text)\" is no number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    /// How long: a number with a unit, such as `500ms`, `10s`, `5m` or `1h`.
    package func duration(
        _ key: String, in range: ClosedRange<Duration> = .milliseconds(1) ... .seconds(7 * 86400)
    ) throws(SecretaryError) -> Duration? {
        try value(key) { text throws(SecretaryError) in
            guard let duration = Self.duration(text), range.contains(duration) else {
                throw SecretaryError(
                    .configuration, "\"\(text)\" is no time from \(range.lowerBound) to \(range.upperBound)",
                    hint: "write a number and a unit: 500ms, 10s, 5m, 1h")
            }
            return duration
        }
    }

    private static func duration(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number < 1_000_000_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": return .milliseconds(number)
        case "s": return .seconds(number)
        case "m": return .seconds(60 * number)
        case "h": return .seconds(3600 * number)
        case "d": return .seconds(86400 * number)
        default: return nil
        }
    }

    /// A file or folder: absolute, or relative to the folder that the settings are in.
    package func file(_ key: String, in folder: FilePath) throws(SecretaryError) -> FilePath? {
        try value(key) { text throws(SecretaryError) in try Self.file(text, in: folder) }
    }

    /// The same for a list of them.
    package func files(_ key: String, in folder: FilePath) throws(SecretaryError) -> [FilePath] {
        try list(key) { text throws(SecretaryError) in try Self.file(text, in: folder) }
    }

    private static func file(_ text: String, in folder: FilePath) throws(SecretaryError) -> FilePath {
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw SecretaryError(.configuration, "a path has a control character")
        }
        return folder.pushing(FilePath(text))
    }

    /// The values under a key, which may have envelopes in them: of a mapping with their keys, of a list without.
    package func values(_ key: String) throws(SecretaryError) -> [(name: String?, value: ConfigValue)] {
        guard let node = node(key) else { return [] }
        var values: [(name: String?, value: ConfigValue)] = []
        func add(_ name: String?, _ node: ConfigNode) throws(SecretaryError) {
            guard case .value(let value) = node else {
                throw error("\(key) has to hold single values", at: location(of: key))
            }
            values.append((name, value))
        }
        switch node {
        case .value: try add(nil, node)
        case .sequence(let nodes): for node in nodes { try add(nil, node) }
        case .mapping(let entries): for entry in entries { try add(entry.key, entry.node) }
        }
        return values
    }
}
