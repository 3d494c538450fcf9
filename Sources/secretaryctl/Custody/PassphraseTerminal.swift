import Glibc
import SecretaryCore
import SystemPackage

/// The terminal that the program was started from, whatever its input and output are connected with.
///
/// What is typed is not shown, and goes byte by byte into guarded memory.
struct PassphraseTerminal: ~Copyable {
    private let terminal: FileDescriptor
    private static let limit = 1024

    /// - Throws: `.noInput` when there is none.
    init() throws(SecretaryError) {
        do {
            terminal = unsafe try FileDescriptor.open("/dev/tty", .readWrite, options: .closeOnExec)
        } catch {
            throw SecretaryError(
                .noInput, "there is no terminal to ask for the passphrase", hint: "name a file with --passphrase-file")
        }
    }

    deinit {
        try? terminal.close()
    }

    /// Asks for one line.
    /// - Throws: `.noInput` when the person gives up (Ctrl-C, Ctrl-D).
    func ask(_ question: String) throws(SecretaryError) -> SecretBytes {
        var before = termios()
        guard unsafe tcgetattr(terminal.rawValue, &before) == 0 else {
            throw SecretaryError(.io, "cannot ask for the passphrase: \(Errno(rawValue: errno))")
        }
        var silent = before
        // Keys that would end the program come as bytes: it must not end while the terminal is silent.
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        _ = unsafe tcsetattr(terminal.rawValue, TCSAFLUSH, &silent)
        defer {
            _ = unsafe tcsetattr(terminal.rawValue, TCSAFLUSH, &before)
            _ = try? terminal.writeAll("\n".utf8)
        }
        _ = try? terminal.writeAll(question.utf8)
        return try readLine()
    }

    private func readLine() throws(SecretaryError) -> SecretBytes {
        var line = try SecretBytes(count: PassphraseTerminal.limit)
        var count = 0
        reading: while true {
            let position = count
            let received = unsafe line.withUnsafeMutableBytes { line in
                unsafe read(terminal.rawValue, line.baseAddress.map { unsafe $0 + position }, 1)
            }
            guard received == 1 else { throw PassphraseTerminal.givenUp }
            switch unsafe line.withUnsafeBytes({ unsafe $0[position] }) {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): break reading
            case 0x03, 0x04: throw PassphraseTerminal.givenUp
            case 0x08, 0x7F: count = max(0, count - 1)
            case 0x15: count = 0
            default: count += 1
            }
            guard count < PassphraseTerminal.limit else {
                throw SecretaryError(.usage, "the passphrase is longer than \(PassphraseTerminal.limit) bytes")
            }
        }
        let length = count
        return try unsafe SecretBytes(count: length) { target in
            unsafe line.withUnsafeBytes { line in
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: line[..<length]))
            }
        }
    }

    private static var givenUp: SecretaryError { SecretaryError(.noInput, "no passphrase was given") }
}
