internal import SystemPackage

/// Paths in settings: below the root of the repository or of a mount, and nowhere else.
enum RelativePath {
    /// - Throws: `.configuration` for an absolute path, one with `..`, one deeper than any folder, and one that names the
    ///   root itself.
    static func parse(_ text: String) throws(SecretaryError) -> FilePath {
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw SecretaryError(.configuration, "a path has a control character")
        }
        guard text.utf8.count(where: { $0 == UInt8(ascii: "/") }) < ConfigLimits.depth else {
            throw SecretaryError(.configuration, "a path has more than \(ConfigLimits.depth) parts")
        }
        let path = FilePath(text)
        guard path.isRelative else {
            throw SecretaryError(
                .configuration, "\"\(text)\" is absolute", hint: "write the path from the root of the repository")
        }
        guard !path.components.contains(where: { $0.kind == .parentDirectory }) else {
            throw SecretaryError(
                .configuration, "\"\(text)\" may leave the repository", hint: "write the path without \"..\"")
        }
        let normalized = path.lexicallyNormalized()
        guard let first = normalized.components.first, first.kind == .regular else {
            throw SecretaryError(.configuration, "\"\(text)\" names no file")
        }
        return normalized
    }

    /// A place in a mount, where `.secretary` is taken.
    static func parseInMount(_ text: String) throws(SecretaryError) -> FilePath {
        let path = try parse(text)
        guard path.components.first?.string != ".secretary" else {
            throw SecretaryError(
                .configuration, "\"\(text)\" is below .secretary, which a mount keeps for itself",
                hint: "choose another name")
        }
        return path
    }

    /// A pattern of such paths.
    static func parseGlob(_ text: String) throws(SecretaryError) -> Glob {
        let path = try parse(text)
        guard path.string == text else {
            throw SecretaryError(.configuration, "\"\(text)\" is not in its shortest form", hint: "write \"\(path)\"")
        }
        return try Glob(parsing: text)
    }
}
