internal import SystemPackage

/// Turns the tree of a `.secretary.yaml` into `Settings`.
///
/// Every key of every mapping is listed here.
enum SettingsReader {
    static func read(_ text: SourceText) throws(SecretaryError) -> Settings {
        let file = try SettingsFile.section(
            of: text, keys: ["version", "format", "unscoped", "keys", "environments", "views"])
        var settings = Settings()
        settings.version = try file.value("version", version) ?? settings.version
        settings.format = try file.choice("format") ?? settings.format
        settings.unscoped = try file.choice("unscoped") ?? settings.unscoped
        settings.keys = try keys(of: file)
        for section in try file.sections(
            "environments", keys: ["path", "keys", "scope", "format", "unscoped"])
        {
            settings.environments.append(try environment(section))
        }
        if let views = try file.section("views", keys: nil) {
            settings.views = try ViewReader.read(views)
        }
        return settings
    }

    private static func version(_ text: String) throws(SecretaryError) -> Int {
        guard text == "1" else {
            throw SecretaryError(
                .configuration, "version \(text) is not known to this program, which knows version 1",
                hint: "install a newer secretaryctl, or write version: 1")
        }
        return 1
    }

    private static func keys(of section: SettingsSection) throws(SecretaryError) -> [KeyRole: FilePath] {
        guard let files = try section.section("keys", keys: KeyRole.allCases.map(\.rawValue)) else { return [:] }
        var keys: [KeyRole: FilePath] = [:]
        for role in KeyRole.allCases { keys[role] = try files.path(role.rawValue) }
        return keys
    }

    private static func environment(_ section: SettingsSection) throws(SecretaryError) -> Environment {
        let path = try section.required("path", section.value("path", RelativePath.parseGlob))
        let scope = try section.value("scope") { text throws(SecretaryError) in
            try checkScope(text, of: path)
            return text
        }
        return Environment(
            path: path, keys: try keys(of: section), scopeTemplate: scope,
            format: try section.choice("format"), unscoped: try section.choice("unscoped"))
    }

    /// A scope that could not be used with any file is found when the settings are read, not at the first secret.
    private static func checkScope(_ template: String, of path: Glob) throws(SecretaryError) {
        let pieces = template.split(separator: Environment.placeholder, omittingEmptySubsequences: false)
        if pieces.count > 1, !path.hasWildcard {
            throw SecretaryError(
                .configuration, "{path} stands for what wildcards match, and \"\(path)\" has none",
                hint: "write the app path out, or a pattern such as prod/**")
        }
        let sample = pieces.joined(separator: "x")
        guard !sample.contains(where: { $0 == "{" || $0 == "}" }) else {
            throw SecretaryError(.configuration, "\"\(template)\" has a brace", hint: "the only placeholder is {path}")
        }
        _ = try Scope(parsing: sample)
    }
}
