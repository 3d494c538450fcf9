import Glibc
import SecretFS
import SecretaryCore
import SystemPackage

/// What mount(8) runs for a line of fstab(5) whose type is `fuse.secretary`: this program, under the name
/// `mount.fuse.secretary`.
///
///     mount.fuse.secretary SOURCE MOUNTPOINT [-sfnv] [-o OPTION,…] [-t TYPE]
///
/// Options that are `secretaryctl mount`'s stand in the line without their dashes: `view=web,mode=0440`.
struct MountHelper {
    private let source: String
    private let mountpoint: String
    private var options: [String] = []
    /// Everything but mounting is to be done: there is nothing.
    private var isFake = false

    /// Whether this program was started as a helper.
    static func isMeant(by name: String?) -> Bool {
        guard let name = name.flatMap({ FilePath($0).lastComponent?.string }) else { return false }
        return ["mount.fuse.secretary", "mount.secretary"].contains(name)
    }

    /// - Parameter arguments: as mount(8) gives them, without the name.
    /// - Throws: `.usage` for what cannot be mounted that way.
    init(_ arguments: [String]) throws(SecretaryError) {
        var places: [String] = []
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "-o": options += try Self.options(of: rest.popFirst() ?? "")
            case "-t": _ = rest.popFirst()
            case "-N": throw SecretaryError(.usage, "-N: secrets cannot be mounted in another namespace from here")
            case _ where word.hasPrefix("-"): isFake = isFake || word.contains("f")
            default: places.append(word)
            }
        }
        guard places.count == 2 else {
            throw SecretaryError(
                .usage, "this name is for mount(8), which gives a source and a mountpoint",
                hint: "mount -t fuse.secretary SOURCE MOUNTPOINT, or secretaryctl mount")
        }
        (source, mountpoint) = (places[0], places[1])
        guard source.hasPrefix("/"), !source.contains(where: { $0 == "," || $0 == "\\" }) else {
            throw SecretaryError(
                .usage, "the source \"\(source)\" is no absolute path without commas and backslashes",
                hint: "name the config file, or with view=NAME the repository: /etc/secretary")
        }
    }

    /// Becomes `secretaryctl mount`.
    ///
    /// That starts itself again with its own arguments: they have to be those that it understands.
    /// - Throws: `.system` when that cannot be done.
    func replaceProcess() throws(SecretaryError) {
        guard !isFake else { return }
        var strings = unsafe arguments.map { unsafe strdup($0) } + [nil]
        unsafe execv(ChildProgram.own, &strings)
        throw SecretaryError(.system, "cannot start this program anew: \(Errno(rawValue: errno))")
    }

    private var arguments: [String] {
        // Under the name that is in fstab, so that mount(8) sees what is mounted already.
        ["secretaryctl", "mount", "--fsname", source] + options + ["--", source, mountpoint]
    }

    // MARK: Options

    private static func options(of text: String) throws(SecretaryError) -> [String] {
        var words: [String] = []
        for option in text.split(separator: ",") where !isForOthers(option) {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts[0] == "remount" {
                throw SecretaryError(
                    .usage, "a mount of secrets cannot be changed by remount",
                    hint: "it follows its source by itself; for other options unmount and mount it")
            }
            // As FUSE's own options are written: allow_other.
            let name = "--" + parts[0].replacing("_", with: "-")
            words.append(parts.count == 2 ? "\(name)=\(parts[1])" : name)
        }
        return words
    }

    /// What is mount(8)'s or systemd's, or is so for every mount of secrets: they are read-only, without devices and programs.
    private static func isForOthers(_ option: Substring) -> Bool {
        let prefixes = ["x-", "X-", "comment=", "user=", "uhelper=", "helper="]
        return known.contains(option) || prefixes.contains { option.hasPrefix($0) }
    }

    private static let known: Set<Substring> = [
        "defaults", "auto", "noauto", "nofail", "_netdev", "user", "nouser", "users", "owner", "group", "ro", "rw",
        "suid",
        "nosuid", "dev", "nodev", "exec", "noexec", "sync", "async", "atime", "noatime", "relatime", "norelatime",
        "strictatime", "nostrictatime", "diratime", "nodiratime", "lazytime", "nolazytime", "silent", "loud",
    ]
}
