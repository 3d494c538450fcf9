import SecretaryCore
import SecretaryRemote
import SystemPackage

extension OrchestratorSettings {
    static let keys = [
        "urls", "user", "password-file", "ca", "client-certificate", "client-key", "deadline", "cache", "answer-limit",
        "unscoped",
    ]

    /// Reads the mapping of a configuration file.
    /// - Parameters:
    ///   - folder: what names of files are relative to.
    ///   - defaultURL: what is asked when no URL is given.
    /// - Throws: `.configuration`, `FILE:LINE:COLUMN: what`, and `.noInput` for a password that cannot be read.
    init(
        _ section: SettingsSection, in folder: FilePath, defaultURL: String? = nil
    ) throws(SecretaryError) {
        self.init(urls: try section.list("urls") { text throws(SecretaryError) in try Self.url(text) })
        if urls.isEmpty, let defaultURL { urls = [defaultURL] }
        guard !urls.isEmpty else {
            throw section.error(
                "\(section.name) has no urls", at: section.location, hint: "write urls: [http://server.example:8080]")
        }
        user = try section.text("user")?.text
        if let file = try section.file("password-file", in: folder) {
            password = HTTPSecret(try SecretBytes(readingLineOf: file))
        }
        guard (user == nil) == (password == nil) else {
            throw section.error(
                "\(section.name) needs both user and password-file, or neither", at: section.location)
        }
        certificateAuthorities = try section.file("ca", in: folder)
        clientCertificate = try section.file("client-certificate", in: folder)
        clientKey = try section.file("client-key", in: folder)
        deadline = try section.duration("deadline", in: .milliseconds(10) ... .seconds(60)) ?? deadline
        cache = try section.duration("cache", in: .zero ... .seconds(60)) ?? cache
        if let limit = try section.number("answer-limit", in: 1...(ConfigLimits.fileSize >> 20)) {
            answerLimit = limit << 20
        }
        unscoped = try section.choice("unscoped") ?? unscoped
    }

    /// The URL of one server.
    /// - Throws: `.usage` for what is no URL, and for a password in it, which reports could show.
    static func url(_ text: String) throws(SecretaryError) -> String {
        let url = try HTTPURL(parsing: text)
        guard !text.contains("@"), !text.contains("?"), !text.contains("#") else {
            throw SecretaryError(
                .usage, "the URL of \(url.host) has more in it than a server and a path",
                hint: "write user and password-file for HTTP's basic authentication")
        }
        return text
    }
}
