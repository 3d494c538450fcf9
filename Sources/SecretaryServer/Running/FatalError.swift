package import ArgumentParser
internal import Glibc
internal import SecretaryCore

/// How a server ends when it cannot begin: one line of what is wrong, one of what to do.
package enum FatalError {
    package static func exit(_ error: any Error, of command: (some ParsableCommand).Type) -> Never {
        let program = command.configuration.commandName ?? ""
        if let error = error as? SecretaryError {
            write("\(program): \(error.message)")
            if let hint = error.hint { write("\(program): hint: \(hint)") }
            Glibc.exit(error.code.rawValue)
        }
        guard command.exitCode(for: error) != .success else { command.exit(withError: error) }
        write(command.fullMessage(for: error))
        Glibc.exit(SecretaryError.Code.usage.rawValue)
    }

    private static func write(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = unsafe Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
