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

    /// Standard output can show colour.
    static var isColourful: Bool { isTerminal && Report.isColourWanted }
}
