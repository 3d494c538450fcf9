package import SystemPackage

/// A volume: its name, and what it shows, as `docker volume create -o KEY=VALUE` says it.
///
/// It stands in a file `NAME.json` of its own, which holds no secret:
///
///     {"created": "2026-11-22T01:02:03Z", "options": {"source": "web.yml", "mode": "0440"}}
package struct VolumeDefinition: Sendable, Hashable {
    /// As Docker allows them: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`.
    package let name: String
    /// When it was made, in nanoseconds since 1970; `nil` when nobody knows.
    package let created: Int64?
    /// Exactly as they were given.
    package let options: [String: String]
    /// What they mean.
    package let meaning: VolumeOptions

    /// - Throws: `.usage`, naming the volume and the option that is wrong, and what would be right.
    package init(name: String, options: [String: String], created: Int64?) throws(SecretaryError) {
        guard Self.isName(name) else {
            throw SecretaryError(
                .usage, "\"\(name)\" cannot be the name of a volume",
                hint: "use 2 to \(Self.maximumCount) of a-z A-Z 0-9 _ . - and begin with a letter or digit")
        }
        self.name = name
        self.options = options
        self.created = created
        meaning = try VolumeOptions(options, of: name)
    }

    // MARK: Files

    /// What follows the name of a volume in that of its file.
    package static let suffix = ".json"

    /// The volume that a file of this name defines; `nil` for files that are none.
    package static func name(ofFile name: String) -> String? {
        guard name.hasSuffix(suffix), isName(String(name.dropLast(suffix.count))) else { return nil }
        return String(name.dropLast(suffix.count))
    }

    /// The volumes that have a file in a folder, in the order of their names; other files are left alone.
    /// - Throws: `.noInput` when the folder cannot be read.
    package static func names(in folder: FilePath) throws(SecretaryError) -> [String] {
        let descriptor = try SafeFile.openRoot(folder)
        defer { try? descriptor.close() }
        return try FolderNames.sorted(in: descriptor, called: folder).compactMap { name(ofFile: $0.text) }
    }

    /// Reads `FOLDER/NAME.json`.
    /// - Throws: `.noInput` when it cannot be read, `.configuration`, `FILE:LINE:COLUMN: what`, when it is no definition, and
    ///   `.usage` as `init(name:options:created:)`.
    package init(file: FilePath) throws(SecretaryError) {
        try self.init(SafeFile.read(file), file: file)
    }

    /// The same for a file whose bytes have been read.
    package init(_ bytes: [UInt8], file: FilePath) throws(SecretaryError) {
        let section = try SettingsFile.parseJSON(bytes, name: file.string, keys: ["created", "options"])
        let created = try section.value("created") { (text) throws(SecretaryError) in
            guard let time = Timestamp.parse(text) else {
                throw SecretaryError(.configuration, "\"\(text)\" is not a time as RFC 3339 has it")
            }
            return time
        }
        var options: [String: String] = [:]
        if let listed = try section.section("options", keys: nil) {
            for key in listed.keys { options[key] = try listed.text(key)?.text }
        }
        try self.init(name: file.stem ?? "", options: options, created: created)
    }

    /// The text of its file.
    package var json: [UInt8] {
        let options = options.sorted { $0.key < $1.key }.map { ($0.key, JSONText.string($0.value)) }
        var members: [(String, JSONText)] = [("options", .object(options))]
        if let created { members.insert(("created", .string(Timestamp.text(created, isFine: false))), at: 0) }
        return Array((JSONText.object(members).lines() + "\n").utf8)
    }

    // MARK: Names

    /// The name of its file has at most `NAME_MAX` bytes, also while it is being written.
    private static let maximumCount = 255 - temporaryName("").utf8.count

    /// The name under which the file of a volume is written, before it takes the place of the one before.
    package static func temporaryName(_ name: String) -> String { ".\(name)\(suffix).new" }

    private static func isName(_ name: String) -> Bool {
        guard (2...maximumCount).contains(name.utf8.count), let first = name.utf8.first, isAlphanumeric(first) else {
            return false
        }
        return name.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
