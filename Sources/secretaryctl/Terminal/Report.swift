import ArgumentParser
import Glibc
import SecretaryCore
import SystemPackage

/// What the program says beside its results.
///
/// Results go to standard output, all else to standard error, each line behind
/// `secretaryctl: `; what can be done about an error follows behind `secretaryctl: hint: `. Messages begin with a small
/// letter and end without a period. Colour is for terminals, and `NO_COLOR` turns it off.
enum Report {
    /// A message that needs somebody's attention.
    static func error(_ message: String) { write(message, prefix: "secretaryctl:", colour: "31") }

    /// What can be done about an error.
    static func hint(_ message: String) { write(message, prefix: "secretaryctl: hint:", colour: "36") }

    /// Something was done although it should perhaps not be.
    static func warning(_ message: String) { write(message, prefix: "secretaryctl: warning:", colour: "33") }

    /// What a person may want to know, and a script does not.
    static func note(_ message: String) { write(message, prefix: "secretaryctl:", colour: nil) }

    static func warning(_ error: SecretaryError) {
        warning(error.message)
        if let hint = error.hint { Report.hint(hint) }
    }

    static func error(_ error: SecretaryError) {
        Report.error(error.message)
        if let hint = error.hint { Report.hint(hint) }
    }

    /// Ends the program with what an error, or a request for help, stands for.
    static func exit(_ error: any Error) -> Never {
        switch error {
        case let error as SecretaryError:
            Report.error(error)
            Glibc.exit(error.code.rawValue)
        case let failure as ReportedFailure:
            Glibc.exit(failure.status)
        case let failures as Failures:
            failures.report()
            Glibc.exit(failures.status)
        case let failure as ExecutionFailure:
            failure.report()
            Glibc.exit(failure.status)
        default:
            let code = Secretaryctl.exitCode(for: error)
            guard code != .success else { Secretaryctl.exit(withError: error) }
            // The parser's text is "Error: …" and lines of help.
            let lines = Secretaryctl.fullMessage(for: error).split(separator: "\n", maxSplits: 1)
            Report.error(Report.houseStyle(lines.first.map(String.init) ?? "the command line is wrong"))
            if lines.count > 1 { write(String(lines[1])) }
            Glibc.exit(SecretaryError.Code.usage.rawValue)
        }
    }

    private static func houseStyle(_ message: String) -> String {
        let text = message.hasPrefix("Error: ") ? String(message.dropFirst("Error: ".count)) : message
        let period = text.hasSuffix(".") ? 1 : 0
        return text.prefix(1).lowercased() + text.dropFirst().dropLast(period)
    }

    private static func write(_ message: String, prefix: String, colour: String?) {
        let text = printable(message)
        if let colour, isColourful {
            write("\u{1B}[\(colour)m\(prefix)\u{1B}[0m \(text)")
        } else {
            write("\(prefix) \(text)")
        }
    }

    private static func write(_ line: String) {
        // Nobody is left to tell when standard error is closed.
        _ = try? FileDescriptor.standardError.writeAll("\(line)\n".utf8)
    }

    /// Names of files and variables come from elsewhere: they must not move the cursor or forge a line.
    static func printable(_ message: String) -> String {
        guard message.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            return message
        }
        return message.unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.properties.generalCategory == .control {
                text += scalar.escaped(asASCII: true)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    private static let isColourful: Bool = {
        isatty(FileDescriptor.standardError.rawValue) == 1 && isColourWanted
    }()

    /// What the environment says about colour on terminals.
    static var isColourWanted: Bool {
        if let value = ProcessEnvironment.text("NO_COLOR"), !value.isEmpty { return false }
        return ProcessEnvironment.text("TERM") != "dumb"
    }
}

/// A failure that another process has reported in full already.
struct ReportedFailure: Error {
    let status: Int32
}
