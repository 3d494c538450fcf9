internal import SecretaryCore

/// How a volume is, for `.secretary/status`.
struct VolumeStatus: Sendable {
    let name: String
    /// `nil` for one that is not shown: it never could be.
    let secrets: Int?
    /// Why it is not shown as it is defined now.
    let error: SecretaryError?

    var json: JSONText {
        .object([
            ("name", .string(name)),
            ("state", .string(error == nil ? "current" : secrets == nil ? "missing" : "outdated")),
            ("error", error.map { .string($0.message) } ?? .null),
            ("hint", error?.hint.map { .string($0) } ?? .null),
            ("secrets", secrets.map { .number($0) } ?? .null),
        ])
    }

    /// What is wrong with some of them, in one sentence.
    static func trouble(in volumes: [VolumeStatus]) -> String? {
        let broken = volumes.filter { $0.error != nil }
        guard let first = broken.first, let error = first.error else { return nil }
        let others = broken.count == 1 ? "" : " (and \(broken.count - 1) more of \(volumes.count) volumes have trouble)"
        // What is wrong with a definition is said with its name.
        let place = "volume \(first.name)"
        return (error.message.hasPrefix(place) ? "" : "\(place): ") + error.message + others
    }
}
