internal import Glibc
internal import Synchronization
public import SystemPackage

/// Config files as they were last read, so that a change of one file parses one file.
///
/// A file is known to be unchanged by its inode, size and times, and only when it was last changed long enough before it
/// was read for another change to have shown in its times.
public final class ConfigFileCache: Sendable {
    private struct Stamp: Equatable {
        let device: DeviceID
        let inode: Inode
        let size: Int64
        /// Last change of content and of anything else, in nanoseconds since 1970.
        let modified: Int64
        let changed: Int64

        init(_ status: Stat) {
            device = status.deviceID
            inode = status.inode
            size = status.size
            modified = Stamp.nanoseconds(status.st_mtim)
            changed = Stamp.nanoseconds(status.st_ctim)
        }

        private static func nanoseconds(_ time: timespec) -> Int64 {
            Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        }
    }

    private struct Entry {
        let stamp: Stamp
        let format: ConfigFile.Format?
        let file: ConfigFile
        let isReliable: Bool
    }

    private let keepsPlainText: Bool
    private let entries = Mutex<[FilePath: Entry]>([:])

    /// Times of files are at worst this coarse, in nanoseconds.
    private static let granularity: Int64 = 50_000_000

    /// - Parameter keepsPlainText: whether text files without envelopes are wanted too; else they take no memory, and have
    ///   no values.
    public init(keepsPlainText: Bool) {
        self.keepsPlainText = keepsPlainText
    }

    /// The file, parsed.
    /// - Parameters:
    ///   - name: from `folder`; no symbolic link on the way is followed.
    ///   - format: `nil` for what the name stands for.
    ///   - isUnsettled: somebody is writing it at this moment: what it held before is good enough, if that is known.
    /// - Returns: `nil` for a new file that is unsettled.
    /// - Throws: as `ConfigFile.read`.
    public func file(
        _ name: FilePath, in folder: FilePath, format: ConfigFile.Format?, isUnsettled: Bool
    ) throws(SecretaryError) -> ConfigFile? {
        let path = folder.pushing(name)
        let known = entries.withLock { $0[path] }
        if isUnsettled {
            guard let known, known.format == format else { return nil }
            return known.file
        }
        let now = WallClock.nanoseconds()
        let status = try? Stat(path)
        if let known, known.isReliable, known.format == format, let status, known.stamp == Stamp(status) {
            return known.file
        }
        let file = try withoutPlainText(ConfigFile.read(name, in: folder, format: format))
        if let status {
            let stamp = Stamp(status)
            let entry = Entry(
                stamp: stamp, format: format, file: file,
                isReliable: stamp.changed + Self.granularity < now)
            entries.withLock { $0[path] = entry }
        }
        return file
    }

    private func withoutPlainText(_ file: ConfigFile) -> ConfigFile {
        guard !keepsPlainText, file.format == .text, case .value(let text) = file.root, !text.value.hasEnvelopes else {
            return file
        }
        return ConfigFile(path: file.path, format: file.format, root: .mapping([]))
    }

    /// Whether the file could be read before.
    public func knows(_ path: FilePath) -> Bool {
        entries.withLock { $0[path] != nil }
    }

    /// Forgets all files but these, given as absolute paths.
    public func keep(only paths: Set<FilePath>) {
        entries.withLock { entries in
            entries = entries.filter { paths.contains($0.key) }
        }
    }
}
