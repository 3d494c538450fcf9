internal import Glibc
internal import SystemPackage

/// The names in a folder.
enum FolderNames {
    struct Name {
        /// The bytes, which need not be UTF-8, and a NUL.
        let raw: SafeFile.RawName
        /// As far as it is UTF-8.
        let text: String
        let component: FilePath.Component
    }

    /// All but `.` and `..`, sorted by their bytes.
    static func sorted(
        in folder: FileDescriptor, called path: @autoclosure () -> FilePath
    ) throws(SecretaryError) -> [Name] {
        // The stream closes its descriptor, and moves its offset.
        let descriptor = unsafe openat(folder.rawValue, ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard descriptor >= 0, let stream = unsafe fdopendir(descriptor) else {
            let error = Errno(rawValue: errno)
            if descriptor >= 0 { close(descriptor) }
            throw SafeFile.failure("list", path(), error)
        }
        defer { unsafe closedir(stream) }
        var names: [Name] = []
        while let entry = unsafe readdir(stream) {
            let raw = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
            }
            guard let component = FilePath.Component(platformString: raw), component.kind == .regular else {
                continue
            }
            names.append(Name(raw: raw, text: component.string, component: component))
        }
        return names.sorted { left, right in
            left.raw.lexicographicallyPrecedes(right.raw) { UInt8(bitPattern: $0) < UInt8(bitPattern: $1) }
        }
    }
}
