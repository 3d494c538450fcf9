internal import Glibc
internal import SystemPackage

extension SafeFile {
    /// A name as the kernel takes it: bytes and a NUL.
    typealias RawName = [CChar]

    /// The bytes of a regular file of at most `ConfigLimits.fileSize`; a symbolic link is refused.
    /// - Parameter check: sees the status of the very file that is read, before its bytes are.
    static func read(
        _ path: FilePath, check: (Status) throws(SecretaryError) -> Void = { _ in }
    ) throws(SecretaryError) -> [UInt8] {
        try read(rawName(of: path), in: AT_FDCWD, called: path, check: check)
    }

    /// The same for a file in a tree that is not the user's own choice: `path` is taken part by part, so that no symbolic
    /// link on the way leads out of `root`.
    static func read(_ path: FilePath, below root: FilePath) throws(SecretaryError) -> [UInt8] {
        guard let names = parts(of: path), let file = names.last else {
            throw SecretaryError(.noInput, "\(path) is not the path of a file below \(root)")
        }
        var folder = try openRoot(root)
        defer { try? folder.close() }
        for name in names.dropLast() {
            let next = try open(name, in: folder.rawValue, flags: O_DIRECTORY, called: root.pushing(path))
            try? folder.close()
            folder = next
        }
        return try read(file, in: folder.rawValue, called: root.pushing(path))
    }

    /// Reads a file of an open folder.
    /// - Parameter shown: how errors call it.
    static func read(
        _ name: RawName, in folder: CInt, called shown: @autoclosure () -> FilePath,
        check: (Status) throws(SecretaryError) -> Void = { _ in }
    ) throws(SecretaryError) -> [UInt8] {
        let descriptor = try open(name, in: folder, flags: 0, called: shown())
        defer { try? descriptor.close() }
        var raw = stat()
        guard unsafe fstat(descriptor.rawValue, &raw) == 0 else {
            throw failure("read", shown(), Errno(rawValue: errno))
        }
        let status = Status(raw)
        guard status.isRegular else {
            throw SecretaryError(.noInput, "\(shown()) is \(status.kind), not a file", hint: "name a regular file")
        }
        guard status.size <= ConfigLimits.fileSize else { throw ConfigFile.tooLarge(shown().string) }
        try check(status)
        return try contents(of: descriptor, expecting: status.size, called: shown())
    }

    /// Opens a folder that the user named; it may be a symbolic link.
    static func openRoot(_ path: FilePath) throws(SecretaryError) -> FileDescriptor {
        try open(rawName(of: path), in: AT_FDCWD, flags: O_DIRECTORY, followsLink: true, called: path)
    }

    /// A FIFO or a device does not block: it is opened without waiting, and refused when its status is known.
    private static func open(
        _ name: RawName, in folder: CInt, flags: CInt, followsLink: Bool = false,
        called shown: @autoclosure () -> FilePath
    ) throws(SecretaryError) -> FileDescriptor {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (followsLink ? 0 : O_NOFOLLOW) | flags
        while true {
            let descriptor = unsafe openat(folder, name, flags)
            if descriptor >= 0 { return FileDescriptor(rawValue: descriptor) }
            let error = Errno(rawValue: errno)
            if error == .interrupted { continue }
            if error == .tooManySymbolicLinkLevels {
                throw SecretaryError(
                    .noInput, "\(shown()) is a symbolic link",
                    hint: "name the file that it points to; links are not followed")
            }
            if error == .noSuchAddressOrDevice {
                throw SecretaryError(.noInput, "\(shown()) is a socket, not a file", hint: "name a regular file")
            }
            throw failure("read", shown(), error)
        }
    }

    /// Reads to the end: a file that grows meanwhile is read as far as the limit goes.
    private static func contents(
        of descriptor: FileDescriptor, expecting size: Int, called shown: @autoclosure () -> FilePath
    ) throws(SecretaryError) -> [UInt8] {
        // One byte more than expected shows the end without a second buffer.
        var bytes = [UInt8](repeating: 0, count: size + 1)
        var used = 0
        while true {
            if used == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
            let count: Int
            do {
                count = try unsafe bytes.withUnsafeMutableBytes { buffer in
                    try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[used...]))
                }
            } catch {
                throw failure("read", shown(), error as? Errno ?? .ioError)
            }
            if count == 0 { break }
            used += count
            if used > ConfigLimits.fileSize { throw ConfigFile.tooLarge(shown().string) }
        }
        bytes.removeLast(bytes.count - used)
        return bytes
    }

    // MARK: Names

    private static func rawName(of path: FilePath) -> RawName {
        unsafe path.withPlatformString { name in
            unsafe RawName(UnsafeBufferPointer(start: name, count: strlen(name) + 1))
        }
    }

    /// The names on the way of a relative path; `nil` when it is absolute or has a part `.` or `..`.
    private static func parts(of path: FilePath) -> [RawName]? {
        let bytes = rawName(of: path).dropLast()
        let slash = CChar(bitPattern: UInt8(ascii: "/"))
        let dot = CChar(bitPattern: UInt8(ascii: "."))
        guard bytes.first != slash else { return nil }
        let parts = bytes.split(separator: slash)
        guard !parts.contains(where: { $0.elementsEqual([dot]) || $0.elementsEqual([dot, dot]) }) else { return nil }
        return parts.map { RawName($0) + [0] }
    }
}
