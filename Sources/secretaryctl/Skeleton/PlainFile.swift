import Glibc
import SecretaryCore
import SystemPackage

/// Files that hold nothing secret.
enum PlainFile {
    /// Something has this name, be it a link that leads nowhere.
    static func exists(_ file: FilePath) -> Bool {
        var status = stat()
        return unsafe file.withPlatformString { unsafe lstat($0, &status) } == 0
    }

    /// The text of a file.
    /// - Throws: `.noInput`.
    static func read(_ file: FilePath) throws(SecretaryError) -> String {
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly, options: [.closeOnExec])
            return try descriptor.closeAfter {
                var text: [UInt8] = []
                var part = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = try unsafe part.withUnsafeMutableBytes { try unsafe descriptor.read(into: $0) }
                    if count == 0 { return String(decoding: text, as: UTF8.self) }
                    text += part[..<count]
                }
            }
        } catch {
            throw SecretaryError(.noInput, "cannot read \(file): \(error)")
        }
    }

    /// Writes a whole file under a temporary name, then gives it its own.
    /// - Parameter replacing: an existing file is replaced; otherwise it is an error, and stays.
    /// - Throws: `.cannotCreate`.
    static func write(_ text: String, to file: FilePath, replacing: Bool) throws(SecretaryError) {
        let temporary = FilePath("\(file).tmp-\(UInt32.random(in: .min ... .max))")
        do {
            let descriptor = try FileDescriptor.open(
                temporary, .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: FilePermissions(rawValue: 0o644))
            try descriptor.closeAfter {
                _ = try descriptor.writeAll(text.utf8)
                guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            let status = unsafe temporary.withPlatformString { old in
                unsafe file.withPlatformString { new in
                    // A link fails when the name is taken, where a rename would destroy what has it.
                    unsafe replacing ? rename(old, new) : link(old, new)
                }
            }
            guard status == 0 else { throw Errno(rawValue: errno) }
            if !replacing { remove(temporary) }
        } catch {
            remove(temporary)
            throw SecretaryError(.cannotCreate, "cannot write \(file): \(error)")
        }
    }

    /// Makes a folder, unless it is there.
    /// - Throws: `.cannotCreate`.
    static func makeFolder(_ folder: FilePath) throws(SecretaryError) {
        let status = unsafe folder.withPlatformString { unsafe mkdir($0, 0o755) }
        guard status == 0 || errno == EEXIST else {
            throw SecretaryError(.cannotCreate, "cannot make the folder \(folder): \(Errno(rawValue: errno))")
        }
    }

    private static func remove(_ file: FilePath) {
        _ = unsafe file.withPlatformString { unsafe unlink($0) }
    }

    /// Text of this program as a secret, for examples.
    static func secret(_ text: StaticString) throws(SecretaryError) -> SecretBytes {
        try unsafe SecretBytes(count: text.utf8CodeUnitCount) { target in
            unsafe target.copyMemory(from: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
    }
}
