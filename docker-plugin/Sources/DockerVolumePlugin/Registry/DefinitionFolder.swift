import Glibc
import SecretaryCore
import SystemPackage

/// The folder of definitions, which the mount follows: a file `NAME.json` for each volume, there as a whole or not at all.
struct DefinitionFolder: Sendable {
    let path: FilePath

    /// Makes the folder, and those above it.
    ///
    /// Definitions are no secrets, but who could write them could choose what containers see.
    /// - Throws: `.cannotCreate`, naming the folder.
    init(_ path: FilePath) throws(SecretaryError) {
        self.path = path
        try Folders.make(path, mode: 0o700)
    }

    /// Every volume that is defined, and what is wrong with files that define none.
    /// - Throws: `.io` when the folder cannot be read.
    func read() throws(SecretaryError) -> (volumes: [VolumeDefinition], problems: [SecretaryError]) {
        var volumes: [VolumeDefinition] = []
        var problems: [SecretaryError] = []
        for name in try names() where name.hasSuffix(".json") && !name.hasPrefix(".") {
            do throws(SecretaryError) {
                volumes.append(try VolumeDefinition(file: path.appending(name)))
            } catch {
                problems.append(error)
            }
        }
        return (volumes, problems)
    }

    /// Writes a definition: durable, and in its place at once, when this returns.
    /// - Throws: `.cannotCreate`, naming the file and the system's reason.
    func write(_ volume: VolumeDefinition) throws(SecretaryError) {
        let file = path.appending("\(volume.name).json")
        // The mount does not look at names that begin with a dot.
        let temporary = path.appending(VolumeDefinition.temporaryName(volume.name))
        do {
            let descriptor = try FileDescriptor.open(
                temporary, .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow],
                permissions: .ownerReadWrite)
            try descriptor.closeAfter {
                try descriptor.writeAll(volume.json)
                guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            guard unsafe rename(temporary.string, file.string) == 0 else { throw Errno(rawValue: errno) }
            try sync()
        } catch {
            _ = unsafe unlink(temporary.string)
            throw SecretaryError(.cannotCreate, "cannot write \(file): \(error)")
        }
    }

    /// Removes a definition, if there is one.
    /// - Throws: `.cannotCreate`, naming the file and the system's reason.
    func remove(_ name: String) throws(SecretaryError) {
        let file = path.appending("\(name).json")
        do {
            guard unsafe unlink(file.string) == 0 || errno == ENOENT else { throw Errno(rawValue: errno) }
            try sync()
        } catch {
            throw SecretaryError(.cannotCreate, "cannot remove \(file): \(error)")
        }
    }

    /// Makes names as durable as the files.
    private func sync() throws {
        let folder = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
        try folder.closeAfter {
            guard fsync(folder.rawValue) == 0 else { throw Errno(rawValue: errno) }
        }
    }

    private func names() throws(SecretaryError) -> [String] {
        guard let stream = unsafe opendir(path.string) else {
            throw SecretaryError(.io, "cannot read the folder \(path): \(Errno(rawValue: errno))")
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        return names.sorted()
    }
}
