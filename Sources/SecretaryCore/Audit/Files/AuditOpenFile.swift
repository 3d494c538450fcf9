internal import Glibc
internal import SystemPackage

/// An open file of the log; closed when nobody uses it any more.
final class AuditOpenFile: Sendable {
    /// Which file it is, whatever its name.
    struct Identity: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    struct Status {
        let identity: Identity
        let links: Int
        let size: UInt64
    }

    let descriptor: Int32
    let path: FilePath

    private init(_ descriptor: Int32, _ path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    /// Opens without being led elsewhere or held up, and only a file of our own that nobody else may change.
    /// - Parameters:
    ///   - flags: beside those for that.
    ///   - forbidden: permissions that the file must not give.
    /// - Returns: `nil` when there is no file.
    static func open(_ path: FilePath, flags: Int32, forbidden: mode_t) throws(SecretaryError) -> AuditOpenFile? {
        let flags = flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let descriptor = unsafe path.withPlatformString { unsafe Glibc.open($0, flags, 0o600) }
        guard descriptor >= 0 else {
            let reason = Errno(rawValue: errno)
            if reason == .noSuchFileOrDirectory, flags & O_CREAT == 0 { return nil }
            let why = reason == .tooManySymbolicLinkLevels ? "it is a symbolic link" : "\(reason)"
            throw SecretaryError(.cannotCreate, "cannot open \(path): \(why)")
        }
        let file = AuditOpenFile(descriptor, path)
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw file.failure("read") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SecretaryError(
                .cannotCreate, "\(path) is not a file",
                hint: "the audit log is a regular file; for a pipe, send it to standard output")
        }
        guard status.st_uid == geteuid(), status.st_mode & forbidden == 0 else {
            throw SecretaryError(
                .denied, "others may \(forbidden & 0o044 == 0 ? "change" : "read") \(path)",
                hint: "let it belong to who writes the log, with mode 0600")
        }
        return file
    }

    /// Opens any file that can be read, whosever it is.
    static func openForReading(_ path: FilePath) throws(SecretaryError) -> AuditOpenFile {
        let descriptor = unsafe path.withPlatformString {
            unsafe Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        }
        guard descriptor >= 0 else {
            throw SecretaryError(.noInput, "cannot read \(path): \(Errno(rawValue: errno))")
        }
        return AuditOpenFile(descriptor, path)
    }

    /// What the path leads to now; `nil` for nothing.
    static func identity(at path: FilePath) -> Identity? {
        var status = stat()
        guard unsafe path.withPlatformString({ unsafe lstat($0, &status) }) == 0 else { return nil }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    func status() throws(SecretaryError) -> Status {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("read") }
        return Status(
            identity: Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)),
            links: Int(status.st_nlink), size: UInt64(status.st_size))
    }

    /// Writes all of `bytes` at the end, in one call unless the disk is full.
    func append(_ bytes: ArraySlice<UInt8>) throws(SecretaryError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write") }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes in the place of what is there.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SecretaryError) {
        let count = unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, offset)
        guard count == bytes.count else { throw failure("write") }
    }

    /// - Returns: fewer than `count` bytes only at the end.
    func read(_ count: Int, at offset: UInt64) throws(SecretaryError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var used = 0
        while used < count {
            let received = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(descriptor, buffer.baseAddress.map { unsafe $0 + used }, count - used, Int(offset) + used)
            }
            if received < 0, errno == EINTR { continue }
            guard received >= 0 else { throw failure("read") }
            if received == 0 { break }
            used += received
        }
        bytes.removeLast(count - used)
        return bytes
    }

    /// Waits until it is on the disk.
    func sync() throws(SecretaryError) {
        guard fdatasync(descriptor) == 0 else { throw failure("store") }
    }

    private func failure(_ verb: String) -> SecretaryError {
        SecretaryError(.io, "cannot \(verb) \(path): \(Errno(rawValue: errno))")
    }
}
