public import SystemPackage

/// One file of a config repository as a tree of values.
///
/// Parsing decrypts nothing and needs no key.
public struct ConfigFile: Sendable {
    /// How a file is read.
    public enum Format: String, Sendable, CaseIterable {
        case yaml, json, dotenv, properties
        /// The whole file is one value.
        case text

        /// The format that a file's name stands for: `.yml .yaml .json .properties`, `.env` and `.env.NAME` and
        /// `NAME.env`; anything else is text.
        public init(fileName: String) {
            let name = fileName.lowercased()
            self =
                switch name {
                case _ where name.hasSuffix(".yml") || name.hasSuffix(".yaml"): .yaml
                case _ where name.hasSuffix(".json"): .json
                case _ where name.hasSuffix(".properties"): .properties
                case _ where name.hasSuffix(".env") || name.hasPrefix(".env."): .dotenv
                default: .text
                }
        }
    }

    /// The name under which errors speak of the file.
    public let path: FilePath
    public let format: Format
    public let root: ConfigNode

    /// Parses the bytes of a file.
    /// - Parameters:
    ///   - path: names the file in errors, and its format unless `format` is given.
    /// - Throws: `.malformed`, `FILE:LINE:COLUMN: what`, for a syntax error, a key that is there twice, or more than
    ///   `ConfigLimits` allow.
    public static func parse(
        _ bytes: [UInt8], path: FilePath, format: Format? = nil
    ) throws(SecretaryError) -> ConfigFile {
        guard bytes.count <= ConfigLimits.fileSize else { throw ConfigFile.tooLarge(path.string) }
        let format = format ?? Format(fileName: path.lastComponent?.string ?? "")
        let text = SourceText(name: path.string, bytes: bytes)
        let root =
            switch format {
            case .yaml: try YAMLReader.read(text)
            case .json: try JSONReader.read(text)
            case .dotenv: try DotenvReader.read(text)
            case .properties: try PropertiesReader.read(text)
            case .text:
                ConfigNode.value(
                    ConfigValue(
                        value: Value(scanning: bytes),
                        location: SourceLocation(line: 1, column: 1, range: 0..<bytes.count)))
            }
        return ConfigFile(path: path, format: format, root: root)
    }

    /// Reads and parses a file.
    /// - Parameters:
    ///   - path: a regular file; a symbolic link is refused.
    ///   - root: the folder in which `path` is, with no symbolic link on the way; `nil` when the path is the user's own.
    /// - Throws: `.noInput` when it cannot be read or is not a regular file, otherwise as `parse`.
    public static func read(
        _ path: FilePath, in root: FilePath? = nil, format: Format? = nil
    ) throws(SecretaryError) -> ConfigFile {
        try parse(readBytes(path, in: root), path: path, format: format)
    }

    /// The bytes of a file, under the same rules.
    public static func readBytes(_ path: FilePath, in root: FilePath? = nil) throws(SecretaryError) -> [UInt8] {
        guard let root else { return try SafeFile.read(path) }
        return try SafeFile.read(path, below: root)
    }

    static func tooLarge(_ name: String) -> SecretaryError {
        SecretaryError(
            .malformed, "\(name) is larger than \(ConfigLimits.fileSize >> 20) MiB, the limit for a config file",
            hint: "split it, or keep it out of the config repository")
    }

    /// The part of the file at a dotted path; the empty path is all of it.
    /// - Throws: `.usage` for a path that cannot be read, `.noInput` when there is nothing at it.
    public func node(at dottedPath: String) throws(SecretaryError) -> ConfigNode {
        do {
            return try root.node(at: ConfigPath(parsing: dottedPath))
        } catch {
            throw error.prefixed(path.string)
        }
    }

    /// All values at and below a dotted path.
    ///
    /// Their paths begin there: those below `override.env` are `NAME`.
    /// - Throws: as `node(at:)`.
    public func leaves(at dottedPath: String = "") throws(SecretaryError) -> [ConfigLeaf] {
        do {
            return try root.leaves(at: ConfigPath(parsing: dottedPath), named: rootName)
        } catch {
            throw error.prefixed(path.string)
        }
    }

    /// What a value without a key above it is called: a text file by the name of the file.
    public var rootName: String? { format == .text ? path.lastComponent?.string : nil }
}
