internal import Glibc
public import SystemPackage

/// A temporary folder that is deleted, with everything in it, when the last reference to it goes.
///
/// Deleting never crosses into another file system: a mount that a failed test left behind is not emptied.
public final class Scratch: Sendable {
    /// The folder, an absolute path without symbolic links.
    public let path: FilePath

    public init(_ name: String = "test") throws {
        var template = Array("/tmp/secretary-\(name).XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        path = FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    deinit {
        try? Scratch.delete(path, onDevice: nil)
    }

    /// A path inside the folder.
    public subscript(_ relative: String) -> FilePath { path.appending(relative) }

    /// Writes a file, making the folders above it, and answers its path.
    @discardableResult
    public func write(_ relative: String, _ bytes: some Sequence<UInt8>, mode: FilePermissions = [.ownerReadWrite])
        throws -> FilePath
    {
        let file = self[relative]
        try makeFolder(file.removingLastComponent())
        let descriptor = try FileDescriptor.open(
            file, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: mode)
        try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
        guard unsafe chmod(file.string, mode.rawValue) == 0 else { throw Errno(rawValue: errno) }
        return file
    }

    /// Writes a text file, making the folders above it, and answers its path.
    @discardableResult
    public func write(_ relative: String, _ text: String, mode: FilePermissions = [.ownerReadWrite]) throws -> FilePath
    {
        try write(relative, text.utf8, mode: mode)
    }

    /// Writes a program, which can be executed at once, making the folders above it, and answers its path.
    ///
    /// Another process writes it: what is open for writing cannot be executed, and whatever this process has open is for a moment
    /// open in every program that another test starts.
    @discardableResult
    public func writeProgram(_ relative: String, _ bytes: [UInt8]) async throws -> FilePath {
        let file = self[relative]
        try makeFolder(file.removingLastComponent())
        try await Command.check("sh", ["-c", #"cat >"$0" && chmod 700 "$0""#, file.string], input: bytes)
        return file
    }

    /// The bytes of a file in the folder.
    public func read(_ relative: String) throws -> [UInt8] { try Scratch.read(self[relative]) }

    /// The text of a file in the folder.
    public func readText(_ relative: String) throws -> String {
        String(decoding: try read(relative), as: UTF8.self)
    }

    /// Makes a folder inside this one and answers its path.
    @discardableResult
    public func makeFolder(_ relative: String) throws -> FilePath {
        let folder = self[relative]
        try makeFolder(folder)
        return folder
    }

    private func makeFolder(_ folder: FilePath) throws {
        if unsafe mkdir(folder.string, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT else { throw Errno(rawValue: errno) }
        try makeFolder(folder.removingLastComponent())
        guard unsafe mkdir(folder.string, 0o755) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    }

    /// The bytes of any file.
    public static func read(_ file: FilePath) throws -> [UInt8] {
        let descriptor = try FileDescriptor.open(file, .readOnly, options: [.closeOnExec])
        return try descriptor.closeAfter {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe descriptor.read(into: $0) }
                if count == 0 { return bytes }
                bytes += buffer[..<count]
            }
        }
    }

    /// The names in a folder, sorted.
    public static func list(_ folder: FilePath) throws -> [String] {
        guard let stream = unsafe opendir(folder.string) else { throw Errno(rawValue: errno) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func delete(_ file: FilePath, onDevice device: UInt?) throws {
        var status = stat()
        guard unsafe lstat(file.string, &status) == 0 else { throw Errno(rawValue: errno) }
        if let device, status.st_dev != device { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try list(file) { try? delete(file.appending(name), onDevice: status.st_dev) }
            _ = unsafe rmdir(file.string)
        } else {
            _ = unsafe unlink(file.string)
        }
    }
}
