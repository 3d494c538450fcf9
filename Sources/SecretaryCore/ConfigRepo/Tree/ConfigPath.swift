/// The way from the root of a config file to a value: `override.env.DATABASE_PASSWORD`, `servers.0.password`.
///
/// Written with dots; a dot or backslash inside a key has a backslash before it (`tls\.key`). The empty text is the root.
public struct ConfigPath: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Keys of mappings and, as decimal numbers from 0, indices of sequences.
    public var parts: [String]

    public init(_ parts: [String] = []) {
        self.parts = parts
    }

    /// Reads a dotted path.
    /// - Throws: `.usage` for a backslash before anything but a dot or a backslash.
    public init(parsing text: String) throws(SecretaryError) {
        parts = []
        guard !text.isEmpty else { return }
        var part = ""
        var isEscaped = false
        for character in text.unicodeScalars {
            if isEscaped {
                guard character == "." || character == "\\" else {
                    throw SecretaryError(
                        .usage, "\"\(text)\" has a backslash before \"\(character)\"",
                        hint: "write \\. for a dot that belongs to a key, and \\\\ for a backslash")
                }
                part.unicodeScalars.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "." {
                parts.append(part)
                part = ""
            } else {
                part.unicodeScalars.append(character)
            }
        }
        guard !isEscaped else {
            throw SecretaryError(.usage, "\"\(text)\" ends with a backslash", hint: "write \\\\ for a backslash")
        }
        parts.append(part)
    }

    /// The dotted text, which `init(parsing:)` reads back.
    public var description: String {
        parts.map(ConfigPath.escape).joined(separator: ".")
    }

    /// The parts with plain dots between them, as patterns of `match` see them.
    public var matchText: String { parts.joined(separator: ".") }

    public func appending(_ part: String) -> ConfigPath { ConfigPath(parts + [part]) }

    public func appending(_ path: ConfigPath) -> ConfigPath { ConfigPath(parts + path.parts) }

    public static func < (left: ConfigPath, right: ConfigPath) -> Bool {
        left.parts.lexicographicallyPrecedes(right.parts)
    }

    private static func escape(_ part: String) -> String {
        guard part.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "\\") }) else { return part }
        var text = ""
        for character in part.unicodeScalars {
            if character == "." || character == "\\" { text.append("\\") }
            text.unicodeScalars.append(character)
        }
        return text
    }
}
