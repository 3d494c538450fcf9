internal import SystemPackage

/// Reads the options of one volume, every error with the names of both.
struct VolumeOptionReader {
    private let options: [VolumeOption: String]
    private let volume: String

    /// - Throws: `.usage` for an option that there is not.
    init(_ options: [String: String], of volume: String) throws(SecretaryError) {
        self.volume = volume
        var known: [VolumeOption: String] = [:]
        for (name, text) in options.sorted(by: { $0.key < $1.key }) {
            guard let option = VolumeOption(rawValue: name) else {
                let all = VolumeOption.allCases.map(\.rawValue)
                throw SecretaryError(
                    .usage, "volume \(volume) has an unknown option \"\(name)\"",
                    hint: Spelling.nearest(to: name, among: all).map { "did you mean \"\($0)\"?" }
                        ?? "the options are \(all.joined(separator: ", "))")
            }
            known[option] = text
        }
        self.options = known
    }

    // MARK: Values

    /// The value of an option, turned into something; `nil` when it is not given.
    func value<Result>(
        _ option: VolumeOption, _ convert: (String) throws(SecretaryError) -> Result
    ) throws(SecretaryError) -> Result? {
        guard let text = options[option] else { return nil }
        do throws(SecretaryError) {
            guard !text.isEmpty else { throw SecretaryError(.usage, "it has no value") }
            guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
                throw SecretaryError(.usage, "it has a control character")
            }
            return try convert(text)
        } catch {
            throw SecretaryError(
                .usage, "volume \(volume), option \(option.rawValue): \(error.message)", hint: error.hint)
        }
    }

    /// One of the raw values of an enumeration.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ option: VolumeOption
    ) throws(SecretaryError) -> Choice? {
        try value(option) { (text) throws(SecretaryError) in
            if let choice = Choice(rawValue: text) { return choice }
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw SecretaryError(.usage, "\"\(text)\" is not one of \(known)")
        }
    }

    /// A file or folder, which does not leave the folder that it is relative to.
    static func path(_ text: String) throws(SecretaryError) -> FilePath {
        let path = FilePath(text)
        // That folder itself, which is no place in a repository, but may be one.
        let isWhole = path.components.allSatisfy { $0.kind == .currentDirectory }
        return path.isAbsolute || isWhole ? path : try RelativePath.parse(text)
    }

    static func list(_ text: String) throws(SecretaryError) -> [String] {
        let items = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard !items.contains("") else { throw SecretaryError(.usage, "\"\(text)\" has an empty part") }
        return items
    }

    static func mode(_ text: String) throws(SecretaryError) -> UInt32 {
        guard text.utf8.count <= 4, text.utf8.allSatisfy({ (48...55).contains($0) }), let mode = UInt32(text, radix: 8),
            mode <= 0o777
        else { throw SecretaryError(.usage, "\"\(text)\" is not a mode", hint: "write it in octal, such as 0440") }
        return mode
    }

    // MARK: What goes together

    func refuse(_ option: VolumeOption, with other: VolumeOption, because reason: String) throws(SecretaryError) {
        guard options[option] != nil, options[other] != nil else { return }
        throw SecretaryError(
            .usage,
            "volume \(volume): the options \(option.rawValue) and \(other.rawValue) do not go together: \(reason)")
    }

    func require(_ option: VolumeOption, for other: VolumeOption, because reason: String) throws(SecretaryError) {
        guard options[option] == nil, options[other] != nil else { return }
        throw SecretaryError(
            .usage, "volume \(volume): the option \(other.rawValue) needs \(option.rawValue): \(reason)",
            hint: "add -o \(option.rawValue)=…")
    }
}
