import Glibc
import SystemPackage
import TestSupport

// What root's tests see of a mount from their own process.
extension Mount {
    /// The content of a file; `nil` when there is no such file.
    func text(_ name: String) throws -> String? {
        do {
            return String(decoding: try Scratch.read(self[name]), as: UTF8.self)
        } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
            return nil
        }
    }

    /// Waits until a file has this content; `nil` for no such file.
    func shows(_ name: String, _ text: String?) async throws {
        try await eventually("\(name) is \(text ?? "gone")") { try self.text(name) == text }
    }

    /// All files with their content, without those of the mount itself.
    func everything(in folder: String = "") throws -> [String: String] {
        var found: [String: String] = [:]
        for name in try Scratch.list(self[folder]) where folder != "" || name != ".secretary" {
            let path = folder == "" ? name : "\(folder)/\(name)"
            if try self.status(of: path).st_mode & S_IFMT == S_IFDIR {
                found.merge(try everything(in: path)) { $1 }
            } else {
                found[path] = try text(path)
            }
        }
        return found
    }

    /// Waits until these are all the files.
    func shows(_ files: [String: String]) async throws {
        try await eventually("the mount shows \(files.count) files") {
            // A name can go between listing and reading.
            (try? everything()) == files
        }
    }

    func status(of name: String) throws -> stat {
        var status = stat()
        guard unsafe lstat(self[name].string, &status) == 0 else { throw Errno(rawValue: errno) }
        return status
    }

    /// Waits for what the mount says of its source: `current`, or `outdated` with an error that contains `reason`.
    func becomes(_ state: String, because reason: String = "") async throws {
        try await eventually("the mount is \(state): \(reason)") {
            let status = try await self.status()
            return try status.string("state") == state && (reason == "" || status.string("error").contains(reason))
        }
    }
}
