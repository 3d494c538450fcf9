public import SystemPackage

/// A part of a config repository with keys and rules of its own.
public struct Environment: Hashable, Sendable {
    /// Which files it is for, as paths from the root.
    public let path: Glob
    /// Key files, relative to the root; they go before those at the top of the settings.
    public let keys: [KeyRole: FilePath]
    /// How the place of a file becomes the scope of its secrets: an app path in which `{path}` stands for what the
    /// pattern matched from its first wildcard on, without the ending of the file's name.
    public let scopeTemplate: String?
    public let format: EnvelopeFormat?
    public let unscoped: UnscopedPolicy?

    /// Stands for the file's place in `scopeTemplate`.
    public static let placeholder = "{path}"

    public func matches(_ relativePath: String) -> Bool { path.matches(relativePath) }

    /// The scope of the secrets in a file; `nil` when the environment gives none.
    ///
    /// With `prod/**` and `/prod/{path}`, a file `prod/shop/web.yml` has the scope `/prod/shop/web`.
    /// - Parameter relativePath: the file, from the root, matched by `path`.
    /// - Throws: `.configuration` when the file's place makes no valid scope, as with a space in its name.
    public func scope(for relativePath: String) throws(SecretaryError) -> Scope? {
        guard let scopeTemplate else { return nil }
        // By scalars, as the pattern: what looks like one letter can be a slash and something behind it.
        let place = relativePath.unicodeScalars.dropFirst(path.literalPrefix.unicodeScalars.count)
        let matched = Environment.withoutEnding(place)
        let text = Environment.replace(Environment.placeholder, by: matched, in: scopeTemplate)
        do throws(SecretaryError) {
            guard !matched.utf8.contains(UInt8(ascii: "#")) else {
                throw SecretaryError(.configuration, "a # would begin the name of a secret")
            }
            return try Scope(parsing: text)
        } catch {
            throw SecretaryError(
                .configuration, "\(relativePath) cannot have the scope \"\(text)\": \(error.message)",
                hint: "rename the file, or change scope: \(scopeTemplate) in \(Settings.fileName)")
        }
    }

    /// Without the last `.ENDING` of the last part; `.env` has none.
    private static func withoutEnding(_ path: Substring.UnicodeScalarView) -> String {
        let start = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
        guard let dot = path[start...].lastIndex(of: "."), dot > start else { return String(path) }
        return String(path[..<dot])
    }

    private static func replace(_ placeholder: String, by text: String, in template: String) -> String {
        var result = ""
        var rest = template[...]
        while let range = rest.firstRange(of: placeholder) {
            result += rest[..<range.lowerBound] + text
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
