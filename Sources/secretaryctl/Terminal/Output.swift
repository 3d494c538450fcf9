import Glibc
import SecretaryCore
import SystemPackage

/// Results, on standard output.
enum Output {
    /// Writes all of `bytes`.
    /// - Throws: `.io`; a full disk or a closed pipe must not look like success.
    static func write(_ bytes: [UInt8]) throws(SecretaryError) {
        do {
            _ = try FileDescriptor.standardOutput.writeAll(bytes)
        } catch {
            throw SecretaryError(.io, "cannot write to standard output: \(error)")
        }
    }

    /// Writes a line of text.
    static func line(_ text: String) throws(SecretaryError) { try write(Array("\(text)\n".utf8)) }

    /// Standard output is somebody's screen.
    static var isTerminal: Bool { isatty(FileDescriptor.standardOutput.rawValue) == 1 }
}

/// JSON for scripts (`--json`): objects of strings in a given order, as their keys are a stable interface.
enum JSONText {
    static func object(_ members: [(name: String, value: String)]) -> String {
        "{" + members.map { "\(quoted($0.name)):\($0.value)" }.joined(separator: ",") + "}"
    }

    static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }

    /// A JSON string (RFC 8259, section 7).
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case ..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
