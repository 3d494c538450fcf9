internal import CFuse3
internal import Glibc
internal import SecretaryCore

/// One connection with the kernel: a mounted `fuse_session`.
///
/// Requests are served by libfuse's threads until somebody unmounts or the process gets `SIGTERM`, `SIGINT` or `SIGHUP`.
@safe final class KernelSession: Sendable {
    private let session: SessionPointer
    private let filesystem: Filesystem
    private let channel: KernelChannel

    /// - Parameters:
    ///   - channel: gets connected to the session for as long as it lives.
    ///   - options: mount options, as after `-o`.
    /// - Throws: `.mount` with libfuse's own words.
    init(serving filesystem: Filesystem, channel: KernelChannel, options: [String]) throws(SecretaryError) {
        FuseLog.install()
        var operations = Callbacks.operations()
        let session = unsafe withArguments(["secretfs", "-o", options.joined(separator: ",")]) { arguments in
            unsafe fuse_session_new(
                &arguments, &operations, MemoryLayout<fuse_lowlevel_ops>.size,
                Unmanaged.passUnretained(filesystem).toOpaque())
        }
        guard let session = unsafe session else {
            throw SecretaryError(.mount, "cannot start a FUSE session: \(FuseLog.last)")
        }
        self.session = unsafe SessionPointer(value: session)
        self.filesystem = filesystem
        self.channel = channel
        channel.connect(self.session)
    }

    deinit {
        channel.connect(nil)
        unsafe fuse_session_destroy(session.value)
    }

    /// Mounts.
    /// - Throws: `.mount` with libfuse's or fusermount3's own words.
    func mount(at mountpoint: String) throws(SecretaryError) {
        guard unsafe fuse_session_mount(session.value, mountpoint) == 0 else {
            throw SecretaryError(.mount, "cannot mount at \(mountpoint): \(FuseLog.last)")
        }
    }

    /// Serves until the mount ends or a signal says so.
    /// - Throws: `.mount` when the connection breaks.
    func serve() throws(SecretaryError) {
        guard unsafe fuse_set_signal_handlers(session.value) == 0 else {
            throw SecretaryError(.system, "cannot set signal handlers")
        }
        defer { unsafe fuse_remove_signal_handlers(session.value) }
        guard let configuration = unsafe fuse_loop_cfg_create() else {
            throw SecretaryError(.system, "cannot allocate memory")
        }
        defer { unsafe fuse_loop_cfg_destroy(configuration) }
        // A limit on idle threads instead would end and start threads all the time: 40 % slower opens.
        unsafe fuse_loop_cfg_set_max_threads(configuration, 8)
        // 0: the mount is gone, or was told to go; above: the signal that said so.
        let status = unsafe fuse_session_loop_mt(session.value, configuration)
        guard status >= 0 else {
            throw SecretaryError(
                .mount, unsafe "the connection to the kernel broke: \(String(cString: strerror(-status)))")
        }
    }

    /// Ends the mount if it still stands.
    ///
    /// Readers that have files open get errors from then on.
    func unmount() {
        unsafe fuse_session_unmount(session.value)
    }
}

/// Lends `words` as libfuse's arguments.
private func withArguments<Result>(_ words: [String], _ body: (inout fuse_args) -> Result) -> Result {
    var arguments = unsafe fuse_args()
    for word in words { unsafe fuse_opt_add_arg(&arguments, word) }
    defer { unsafe fuse_opt_free_args(&arguments) }
    return unsafe body(&arguments)
}
