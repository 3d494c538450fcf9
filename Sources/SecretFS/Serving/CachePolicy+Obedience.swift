internal import SecretaryCore

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
