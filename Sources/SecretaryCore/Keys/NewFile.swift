internal import Glibc
internal import SystemPackage

/// Creates several files in one folder: all of them, or none.
///
/// Each file is written under a temporary name and synced before any of them gets its own name. A process that is killed on
/// the way leaves temporary files, `.tmp-…-NAME`, and never a file that is cut off.
struct NewFile {
    let name: String
    let mode: mode_t
    let write: (FileDescriptor) throws(SecretaryError) -> Void

    /// - Parameter replacing: existing files are replaced; otherwise one that exists is an error, and stays.
    /// - Throws: `.cannotCreate`, naming the file; the folder then holds what it held before.
    static func install(_ files: [NewFile], in folder: Folder, replacing: Bool) throws(SecretaryError) {
        if !replacing {
            for file in files where folder.contains(file.name) { throw exists(file.name, in: folder) }
        }
        let tag = String(UInt64.random(in: .min ... .max), radix: 36)
        var undo: [() -> Void] = []
        var temporary: [String] = []
        defer { for name in temporary { folder.remove(name) } }
        do throws(SecretaryError) {
            for file in files {
                temporary.append(".tmp-\(tag)-\(file.name)")
                try file.write(to: folder, as: ".tmp-\(tag)-\(file.name)")
            }
            for file in files {
                let new = ".tmp-\(tag)-\(file.name)"
                if replacing, folder.contains(file.name) {
                    let old = ".old-\(tag)-\(file.name)"
                    try folder.link(file.name, to: old)
                    temporary.append(old)
                    undo.append { try? folder.rename(old, to: file.name) }
                    try folder.rename(new, to: file.name)
                } else {
                    // Fails when somebody else was faster, where a rename would destroy what they made.
                    try folder.link(new, to: file.name)
                    undo.append { folder.remove(file.name) }
                }
            }
            try folder.sync()
        } catch {
            for step in undo.reversed() { step() }
            throw error
        }
    }

    private func write(to folder: Folder, as name: String) throws(SecretaryError) {
        let descriptor = try folder.create(name, mode: mode)
        defer { try? descriptor.close() }
        do throws(SecretaryError) {
            try write(descriptor)
            if fsync(descriptor.rawValue) != 0 { throw SecretaryError(.io, "\(Errno(rawValue: errno))") }
        } catch {
            throw SecretaryError(.cannotCreate, "cannot write \(folder.path.appending(self.name)): \(error.message)")
        }
    }

    private static func exists(_ name: String, in folder: Folder) -> SecretaryError {
        SecretaryError(
            .cannotCreate, "\(folder.path.appending(name)) exists already",
            hint: "choose another folder with --path, or replace the keys with --force; "
                + "without the old master key, what it sealed is lost")
    }
}
