import ArgumentParser
import Glibc
import SecretaryCore

/// How the daemon ends when it cannot begin: one line of what is wrong, one of what to do.
enum FatalError {
    static func exit(_ error: any Error) -> Never {
        if let error = error as? SecretaryError {
            write("secretaryd: \(error.message)")
            if let hint = error.hint { write("secretaryd: hint: \(hint)") }
            Glibc.exit(error.code.rawValue)
        }
        guard Secretaryd.exitCode(for: error) != .success else { Secretaryd.exit(withError: error) }
        write(Secretaryd.fullMessage(for: error))
        Glibc.exit(SecretaryError.Code.usage.rawValue)
    }

    private static func write(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = unsafe Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
