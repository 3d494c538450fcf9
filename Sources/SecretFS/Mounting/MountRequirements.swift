internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// What a machine must have before anything can be mounted, each checked by itself so that the error names the fix.
enum MountRequirements {
    /// Whether this process mounts and unmounts itself: as root, or in a user namespace of its own.
    static var mayMountDirectly: Bool { geteuid() == 0 || Capabilities.effective.contains(.administer) }

    /// - Throws: `.mount` for the first that is missing.
    static func check(allowOther: Bool) throws(SecretaryError) {
        try checkDevice()
        guard !mayMountDirectly else { return }
        _ = try Fusermount.path()
        if allowOther { try checkAllowOther() }
    }

    /// libfuse and `fusermount3` open the device with the user's own rights.
    static func checkDevice() throws(SecretaryError) {
        do {
            let path = FilePath("/dev/fuse")
            guard try Stat(path).type == .characterSpecial else { throw Errno.operationNotSupportedByDevice }
            try FileDescriptor.open(path, .readWrite, options: .closeOnExec).close()
        } catch {
            let hint =
                switch error {
                case .permissionDenied where geteuid() != 0: "as root: chmod 0666 /dev/fuse, or run as root"
                case .permissionDenied, .notPermitted:
                    "in a container, add the device and its permission (--device /dev/fuse --cap-add SYS_ADMIN)"
                default: "load the kernel module (modprobe fuse); in a container, add --device /dev/fuse"
                }
            throw SecretaryError(.mount, "cannot use /dev/fuse: \(error)", hint: hint)
        }
    }

    /// `fusermount3` refuses the option unless the machine's owner allows it.
    private static func checkAllowOther() throws(SecretaryError) {
        var text: [UInt8] = []
        if let file = try? FileDescriptor.open(FilePath(FuseConfiguration.path), .readOnly) {
            defer { try? file.close() }
            text = (try? file.readToEnd()) ?? []
        }
        guard FuseConfiguration.allowsOthers(String(decoding: text, as: UTF8.self)) else {
            throw SecretaryError(
                .mount, "other users cannot be admitted: \(FuseConfiguration.path) does not say user_allow_other",
                hint: "as root: echo user_allow_other >> \(FuseConfiguration.path); or leave --allow-other out")
        }
    }
}

/// The configuration of `fusermount3`.
enum FuseConfiguration {
    static let path = "/etc/fuse.conf"

    /// Whether ordinary users may admit others to their mounts.
    static func allowsOthers(_ text: String) -> Bool {
        text.split(whereSeparator: \.isNewline).contains { line in
            line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace) == ["user_allow_other"]
        }
    }
}
