/// The beginning of shell scripts that run in a mount namespace of their own.
public enum OwnMounts {
    /// What is mounted from here on does not appear elsewhere, and mounts of secrets outside do not wait for the end of this.
    ///
    /// In a `chroot` "/" is no mount that could be made private: then nothing is changed.
    public static let script = """
        if mount --make-rprivate / 2>/dev/null; then
            umount --all --lazy --types fuse.secretfs || true
        fi
        """
}
