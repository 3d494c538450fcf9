internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// The files of AWS's programs with credentials and settings, by profile.
///
/// Both are INI files: `[name]` in the credentials file, `[profile name]` or `[default]` in the config file, then lines
/// `name = value`. (docs.aws.amazon.com, "Configuration and credential file settings")
struct AWSProfileFiles: Sendable {
    /// What one profile says, in both files together; those of the credentials file count first.
    struct Profile: Sendable {
        fileprivate(set) var texts: [String: String] = [:]
        fileprivate(set) var secrets: [String: HTTPSecret] = [:]

        subscript(_ name: String) -> String? { texts[name] }
    }

    let credentialsFile: FilePath
    let configFile: FilePath
    /// The profile that the environment asks for.
    let selected: String
    /// Whether it asks for one, rather than leaving it at the default.
    let isSelected: Bool
    private(set) var profiles: [String: Profile] = [:]

    /// Reads the files that are there.
    /// - Throws: `.noInput` when one is there and cannot be read, or is named and not there.
    init(_ environment: AWSEnvironment) throws(SecretaryError) {
        let home = FilePath(environment["HOME"] ?? "/").appending(".aws")
        credentialsFile =
            environment["AWS_SHARED_CREDENTIALS_FILE"].map { FilePath($0) } ?? home.appending("credentials")
        configFile = environment["AWS_CONFIG_FILE"].map { FilePath($0) } ?? home.appending("config")
        let profile = environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
        selected = profile ?? "default"
        isSelected = profile != nil
        try read(configFile, isConfig: true, mustExist: environment["AWS_CONFIG_FILE"] != nil)
        try read(credentialsFile, isConfig: false, mustExist: environment["AWS_SHARED_CREDENTIALS_FILE"] != nil)
    }

    private mutating func read(_ file: FilePath, isConfig: Bool, mustExist: Bool) throws(SecretaryError) {
        let text: SecretBytes
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly, options: [.closeOnExec])
            defer { try? descriptor.close() }
            text = try SecretBytes(readingAll: descriptor, limit: 1 << 20)
        } catch let error as Errno {
            if error == .noSuchFileOrDirectory || error == .notDirectory, !mustExist { return }
            throw SecretaryError(.noInput, "cannot read \(file): \(error)")
        } catch let error as SecretaryError {
            throw error.prefixed("\(file)")
        } catch {
            throw SecretaryError(.noInput, "cannot read \(file)")
        }
        var section: String?
        try unsafe text.withUnsafeBytes { (bytes) throws(SecretaryError) in
            let lines = unsafe bytes.split { $0 == 0x0A || $0 == 0x0D }.map { $0.startIndex..<$0.endIndex }
            for line in lines {
                try unsafe take(bytes[line], isConfig: isConfig, section: &section)
            }
        }
    }

    private mutating func take(
        _ line: Slice<UnsafeRawBufferPointer>, isConfig: Bool, section: inout String?
    ) throws(SecretaryError) {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        // Lines that begin with a space go on with settings of services, which do not matter here.
        guard let first = unsafe line.first, !isSpace(first), first != UInt8(ascii: "#"), first != UInt8(ascii: ";")
        else { return }
        if first == UInt8(ascii: "[") {
            let end = unsafe line.firstIndex(of: UInt8(ascii: "]")) ?? line.endIndex
            let name = unsafe String(decoding: line[(line.startIndex + 1)..<end], as: UTF8.self)
            section = AWSProfileFiles.profileName(name, isConfig: isConfig)
            return
        }
        guard let section, let equals = unsafe line.firstIndex(of: UInt8(ascii: "=")) else { return }
        let name = unsafe String(decoding: line[..<equals].filter { !isSpace($0) }, as: UTF8.self).lowercased()
        var value = unsafe line[(equals + 1)...].drop(while: isSpace)
        while let last = unsafe value.last, isSpace(last) { unsafe value = value.dropLast() }
        guard unsafe !value.isEmpty else { return }
        switch name {
        case "aws_secret_access_key", "aws_session_token":
            profiles[section, default: Profile()].secrets[name] = try unsafe HTTPSecret(copying: value)
        default:
            profiles[section, default: Profile()].texts[name] = unsafe String(decoding: value, as: UTF8.self)
        }
    }

    /// - Returns: `nil` for a section that is no profile.
    private static func profileName(_ section: String, isConfig: Bool) -> String? {
        let words = section.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard isConfig else { return words.joined(separator: " ") }
        if words == ["default"] { return "default" }
        return words.count > 1 && words[0] == "profile" ? words.dropFirst().joined(separator: " ") : nil
    }
}
