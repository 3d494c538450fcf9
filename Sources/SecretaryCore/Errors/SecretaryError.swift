/// What every module of Secretary throws at its edge: what went wrong, what to do about it, and how a program exits.
///
/// Messages are lower-case without a final period, name the file or key concerned, and never hold a secret.
public struct SecretaryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    ///
    /// The raw value is the exit status of `secretaryctl` (see `Documentation/cli-abi.md`); the numbers follow
    /// `sysexits.h` where it has a fitting one, and are never given a new meaning.
    public enum Code: Int32, Sendable, CaseIterable {
        /// The command line cannot be understood (`EX_USAGE`).
        case usage = 64
        /// Input is not what it claims to be: a broken envelope, key, or configuration file (`EX_DATAERR`).
        case malformed = 65
        /// A named file or key does not exist or cannot be read (`EX_NOINPUT`).
        case noInput = 66
        /// Something outside has to answer and does not: KMS, the daemon, FUSE (`EX_UNAVAILABLE`).
        case unavailable = 69
        /// Guarded memory, threads or descriptors cannot be had (`EX_OSERR`).
        case system = 71
        /// A file cannot be created, or exists already (`EX_CANTCREAT`).
        case cannotCreate = 73
        /// Reading or writing failed half-way (`EX_IOERR`).
        case io = 74
        /// Something outside was asked and did not answer in time (`EX_TEMPFAIL`).
        case timedOut = 75
        /// Refused by a rule: a scope, a policy, a key file that others can read (`EX_NOPERM`).
        case denied = 77
        /// `.secretary.yaml` is wrong (`EX_CONFIG`).
        case configuration = 78
        /// No key at hand opens the envelope.
        case wrongKey = 80
        /// The file system cannot be mounted or unmounted.
        case mount = 81
        /// An audit log is not as it was written.
        case tampered = 82
    }

    public var code: Code
    public var message: String
    /// What the user can do about it, as a second line; `nil` when the message says it all.
    public var hint: String?

    public init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    public var description: String { message }

    /// The same failure with the place or the layer it happened in put before the message.
    public func prefixed(_ context: String) -> SecretaryError {
        SecretaryError(code, "\(context): \(message)", hint: hint)
    }
}
