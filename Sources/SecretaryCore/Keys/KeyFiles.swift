internal import Glibc
public import SystemPackage

/// Keys in files.
public enum KeyFiles {
    /// Far more than any key needs; a larger file is something else.
    private static let maximumCount = 64 << 10

    /// - Throws: `.noInput` when the file cannot be read, `.malformed` when it holds no public key; both name the file.
    public static func readPublicKey(_ path: FilePath) throws(SecretaryError) -> PublicKey {
        try read(path, allowInsecure: false)
    }

    /// Reads a private key straight into guarded memory.
    /// - Parameter allowInsecure: accept a file that others than its owner can read.
    /// - Throws: `.noInput`, `.malformed`, and `.denied` for a file that others can read; all name the file.
    public static func readPrivateKey(_ path: FilePath, allowInsecure: Bool = false) throws(SecretaryError)
        -> PrivateKey
    {
        try read(path, allowInsecure: allowInsecure)
    }

    static func read<Key: TextualKey>(_ path: FilePath, allowInsecure: Bool) throws(SecretaryError) -> Key {
        let file: FileDescriptor
        do {
            file = try unsafe path.withPlatformString { path in try unsafe open(path) }
        } catch {
            throw SecretaryError(.noInput, "cannot read the \(Key.noun) \(path): \(error)")
        }
        return try read(file, path, allowInsecure: allowInsecure)
    }

    /// Opens without waiting: a FIFO that nobody writes to must not hang the program.
    static func open(_ path: UnsafePointer<CChar>) throws(Errno) -> FileDescriptor {
        let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw Errno(rawValue: errno) }
        return FileDescriptor(rawValue: file)
    }

    /// Reads a key from an open file, and closes it.
    static func read<Key: TextualKey>(_ file: FileDescriptor, _ path: FilePath, allowInsecure: Bool)
        throws(SecretaryError) -> Key
    {
        defer { try? file.close() }
        do throws(SecretaryError) {
            var status = stat()
            if unsafe fstat(file.rawValue, &status) != 0 {
                throw SecretaryError(.noInput, "\(Errno(rawValue: errno))")
            }
            // A pipe is what the shell's <(command) gives.
            let type = status.st_mode & S_IFMT
            guard type == S_IFREG || type == S_IFIFO else { throw SecretaryError(.noInput, "not a file") }
            guard type == S_IFIFO || status.st_size <= maximumCount else { throw tooLarge }
            if Key.isSecret, !allowInsecure, status.st_mode & 0o077 != 0 { throw insecure(path, status.st_mode) }
            if type == S_IFIFO { _ = fcntl(file.rawValue, F_SETFL, 0) }
            let text = try contents(of: file)
            return try unsafe text.withUnsafeBytes { (text) throws(SecretaryError) in try unsafe Key(text: text) }
        } catch {
            throw error.prefixed("\(Key.noun) \(path)")
        }
    }

    private static func contents(of file: FileDescriptor) throws(SecretaryError) -> SecretBytes {
        do {
            return try SecretBytes(readingAll: file, limit: maximumCount)
        } catch {
            throw error.code == .malformed ? tooLarge : error
        }
    }

    private static var tooLarge: SecretaryError {
        SecretaryError(.malformed, "larger than \(maximumCount >> 10) KiB, so it cannot be a key")
    }

    private static func insecure(_ path: FilePath, _ mode: mode_t) -> SecretaryError {
        SecretaryError(
            .denied, "others than its owner may read it (mode 0\(String(mode & 0o777, radix: 8)))",
            hint: "chmod 600 \(path), or pass --insecure-keys")
    }

    /// Writes the key pairs `NAME-public-key.pem` (0644) and `NAME-private-key.pem` (0600): all of them, or none.
    /// - Parameters:
    ///   - folder: made when it does not exist.
    ///   - force: replace existing files; otherwise one that exists is an error, and stays.
    /// - Returns: the files, in the order in which they were given, private before public.
    /// - Throws: `.cannotCreate`, naming the file; the folder then holds what it held before.
    @discardableResult
    public static func write(_ pairs: [(name: String, key: PrivateKey)], in folder: FilePath, force: Bool = false)
        throws(SecretaryError) -> [FilePath]
    {
        for (name, _) in pairs where name.isEmpty || name.contains("/") || name.contains("\0") {
            throw SecretaryError(
                .usage, "'\(name)' cannot be the name of a key", hint: "choose a name such as 'deploy'")
        }
        let files = pairs.flatMap { pair in
            [
                NewFile(name: "\(pair.name)-private-key.pem", mode: 0o600) { (file) throws(SecretaryError) in
                    try pair.key.pem().write(to: file)
                },
                NewFile(name: "\(pair.name)-public-key.pem", mode: 0o644) { (file) throws(SecretaryError) in
                    do {
                        try file.writeAll(pair.key.publicKey.pem)
                    } catch {
                        throw SecretaryError(.io, "\(error)")
                    }
                },
            ]
        }
        try NewFile.install(files, in: Folder(folder), replacing: force)
        return files.map { folder.appending($0.name) }
    }
}

/// Either half of a key pair, as far as files and texts are concerned.
protocol TextualKey {
    static var noun: String { get }
    static var isSecret: Bool { get }
    init(text: UnsafeRawBufferPointer) throws(SecretaryError)
}

extension PublicKey: TextualKey {
    static var noun: String { "public key" }
    static var isSecret: Bool { false }
}

extension PrivateKey: TextualKey {
    static var noun: String { "private key" }
    static var isSecret: Bool { true }
}
