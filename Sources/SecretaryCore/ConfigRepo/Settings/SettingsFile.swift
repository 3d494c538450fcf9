package import SystemPackage

/// A file of rules, not of data: `.secretary.yaml`, and what programs read that are no part of a repository.
package enum SettingsFile {
    private static let sizeLimit = 1 << 20

    /// Reads a file.
    /// - Parameter keys: all that its outermost mapping may have.
    /// - Throws: `.noInput` when it cannot be read, and `.configuration`, `FILE:LINE:COLUMN: what`, when it cannot be understood.
    package static func read(_ path: FilePath, keys: [String]) throws(SecretaryError) -> SettingsSection {
        try parse(SafeFile.read(SafeFile.resolve(path)), name: path.string, keys: keys)
    }

    /// The same for a text that has been read.
    package static func parse(
        _ bytes: [UInt8], name: String, keys: [String]
    ) throws(SecretaryError) -> SettingsSection {
        try section(of: SourceText(name: name, bytes: bytes), keys: keys)
    }

    /// The same for JSON, which programs write.
    static func parseJSON(
        _ bytes: [UInt8], name: String, keys: [String]
    ) throws(SecretaryError) -> SettingsSection {
        try section(of: SourceText(name: name, bytes: bytes), keys: keys, reader: JSONReader.read)
    }

    static func section(
        of text: SourceText, keys: [String],
        reader: (SourceText) throws(SecretaryError) -> ConfigNode = YAMLReader.read
    ) throws(SecretaryError) -> SettingsSection {
        guard text.bytes.count <= sizeLimit else {
            throw SecretaryError(
                .configuration, "\(text.name) is larger than \(sizeLimit >> 20) MiB, the limit for settings")
        }
        let root: ConfigNode
        do {
            root = try reader(text)
        } catch {
            throw SecretaryError(.configuration, error.message, hint: error.hint)
        }
        return try SettingsSection(
            root, name: "", at: SourceLocation(line: 1, column: 1, range: 0..<0), in: text, keys: keys)
    }
}
