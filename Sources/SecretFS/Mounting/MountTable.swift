internal import SecretaryCore
internal import SystemPackage

/// The mounts that this process sees (`/proc/self/mountinfo`, see proc(5)).
struct MountTable {
    struct Entry {
        /// The number of the file system: `0:57`.
        var device: String
        /// The folder of the file system that is mounted.
        var root: String
        var mountpoint: String
        /// As `fuse.secretfs`.
        var type: String
        /// Who mounted a FUSE file system; `nil` for others.
        var owner: UInt32?
    }

    /// The type under which SecretFS mounts appear.
    static let secretFSType = "fuse.secretfs"

    let entries: [Entry]

    init() throws(SecretaryError) {
        let text: String
        do {
            let file = unsafe try FileDescriptor.open("/proc/self/mountinfo", .readOnly)
            defer { try? file.close() }
            text = String(decoding: try file.readToEnd(), as: UTF8.self)
        } catch {
            throw SecretaryError(.mount, "cannot read /proc/self/mountinfo: \(error)")
        }
        self.init(text: text)
    }

    /// - Parameter text: lines of mountinfo.
    init(text: String) {
        entries = text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: false)
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 1, dash > 4 else { return nil }
            let owner = fields[fields.endIndex - 1].split(separator: ",").first { $0.hasPrefix("user_id=") }
            return Entry(
                device: String(fields[2]), root: Self.unescape(fields[3]), mountpoint: Self.unescape(fields[4]),
                type: String(fields[dash + 1]),
                owner: owner.flatMap { UInt32($0.dropFirst("user_id=".count)) })
        }
    }

    /// Who mounted what is uppermost at `path`.
    func owner(at path: String) -> UInt32? {
        entries.last { $0.mountpoint == path }?.owner
    }

    /// The type of the uppermost mount at `path`; `nil` when nothing is mounted there.
    func type(at path: String) -> String? {
        entries.last { $0.mountpoint == path }?.type
    }

    /// The file system that is uppermost at `path`.
    func device(at path: String) -> String? {
        entries.last { $0.mountpoint == path }?.device
    }

    /// Whether a folder of a file system is mounted, or a part of it, and not only something above it.
    func contains(_ folder: String, of device: String) -> Bool {
        entries.contains { $0.device == device && ($0.root == folder || $0.root.hasPrefix("\(folder)/")) }
    }

    /// Blanks, tabs, line ends and backslashes are written as a backslash and three octal digits.
    private static func unescape(_ field: Substring) -> String {
        guard field.contains("\\") else { return String(field) }
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest.removeFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
