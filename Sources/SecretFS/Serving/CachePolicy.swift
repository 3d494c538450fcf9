internal import SecretaryCore

/// How long plaintext may stay in the kernel's page cache.
public enum CachePolicy: String, Sendable, CaseIterable {
    /// Never there: each `read` asks the server. No shared memory maps.
    case strict
    /// From the first open to a short linger after the last close. The default.
    case open
    /// From the first read on, until the value changes or the kernel needs the memory; no request at all per open,
    /// so no decision per open either, and as exposed as a file on tmpfs.
    case resident
}

extension CachePolicy {
    /// Makes sure that rules about readers are asked.
    /// - Throws: `.configuration` when there are some and nobody hears of an open.
    func requireObedience(to files: [PlannedFile]) throws(SecretaryError) {
        guard self == .resident else { return }
        for case .secret(let file) in files.lazy.map(\.body) {
            guard let rule = file.readers.rules.first else { continue }
            throw SecretaryError(
                .configuration,
                "\(rule.name) of \(Settings.fileName) cannot be kept with --cache resident: nobody hears of an open",
                hint: "mount with --cache open or strict, or delete the rules about readers")
        }
    }
}
