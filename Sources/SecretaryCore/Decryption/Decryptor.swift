internal import CSodium

/// Where plaintext comes from: local keys, KMS, or the daemon.
///
/// A decryptor opens what it is given; who may have it is decided before, by `SecretOpener`.
public protocol Decryptor: Sendable {
    /// Writes exactly `envelope.plaintextCount` bytes to `target`, which lies in guarded memory.
    /// - Parameter name: what the reader calls the secret, for who decides elsewhere whether the reader may have it.
    /// - Throws: `.wrongKey` when no key fits or the envelope was changed, `.unavailable` when something outside that has to
    ///   help is not there, `.timedOut` when it does not answer. `target` then holds nothing of the plaintext.
    func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError)

    /// Opens several envelopes, each as `open(_:name:into:)` does; whoever asks something outside asks once for all of them.
    /// - Returns: for each, in order, why it was not opened; `nil` when it was.
    func open(_ openings: [Opening]) -> [SecretaryError?]

    /// Whether `open` may wait for something outside this process: then nobody calls it who must not wait.
    func mayBlock(on envelope: Envelope) -> Bool

    /// From now on nobody will ask for anything else, as far as is known; of these, they may ask for any at any time.
    func expect(_ secrets: Set<ExpectedSecret>)

    /// How the plaintext of an envelope is kept that somebody outside has opened before; `nil` when it is not.
    func state(of envelope: Envelope, name: String?) -> KeptState?

    /// How those outside answer that are asked.
    var outside: [OutsideStatus] { get }
}

extension Decryptor {
    public func mayBlock(on envelope: Envelope) -> Bool { false }
    public func expect(_ secrets: Set<ExpectedSecret>) {}
    public func state(of envelope: Envelope, name: String?) -> KeptState? { nil }
    public var outside: [OutsideStatus] { [] }

    public func open(_ openings: [Opening]) -> [SecretaryError?] {
        openings.map { opening in
            do throws(SecretaryError) {
                try unsafe open(opening.envelope, name: opening.name, into: opening.target)
                return nil
            } catch {
                return error
            }
        }
    }
}

/// An envelope that is to be opened, what the reader calls the secret, and where its plaintext goes.
@safe public struct Opening {
    public let envelope: Envelope
    public let name: String?
    /// Guarded memory of exactly the envelope's `plaintextCount`.
    public let target: UnsafeMutableRawBufferPointer

    public init(_ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer) {
        self.envelope = envelope
        self.name = name
        unsafe self.target = target
    }

    /// Zeroes the plaintext.
    public func forget() {
        unsafe sodium_memzero(target.octets, target.count)
    }
}

/// An envelope, and what its reader calls it.
public struct ExpectedSecret: Hashable, Sendable {
    public let envelope: Envelope
    public let name: String?

    public init(envelope: Envelope, name: String?) {
        self.envelope = envelope
        self.name = name
    }
}

/// A key for one envelope: in the clear, and as the service encrypted it.
public struct DataKey: ~Copyable, Sendable {
    /// 32 bytes.
    public let plaintext: SecretBytes
    public let encrypted: [UInt8]

    public init(plaintext: consuming SecretBytes, encrypted: [UInt8]) {
        self.plaintext = plaintext
        self.encrypted = encrypted
    }
}

/// What AWS KMS does for `KMS` envelopes.
public protocol DataKeyService: Sendable {
    /// Makes a new data key under the service's key named `keyID`.
    /// - Parameter scope: what the service binds the data key to.
    /// - Throws: `.unavailable` or `.timedOut` when the service does not answer, `.denied` when it refuses.
    func generateDataKey(keyID: String, scope: Scope?) throws(SecretaryError) -> DataKey

    /// Turns an envelope's encrypted data key into its 32 bytes.
    /// - Parameter scope: must be the one that the data key was made for.
    /// - Throws: as above, and `.wrongKey` when this is no data key of the service, or one for another scope.
    func decryptDataKey(_ encrypted: [UInt8], scope: Scope?) throws(SecretaryError) -> SecretBytes
}

extension SecretaryError {
    /// A key is there, but the envelope's tag does not fit it.
    static func authenticationFailed(_ hint: String) -> SecretaryError {
        SecretaryError(.wrongKey, "authentication failed", hint: hint)
    }
}
