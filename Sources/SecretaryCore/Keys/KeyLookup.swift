internal import Glibc
public import SystemPackage

/// Where keys are looked for, in the order of the original: a file named on the command line; an environment variable that
/// holds a path, a PEM text or base64; a default file, when it exists.
public struct KeyLookup: Sendable {
    private let environment: KeyEnvironment
    private let allowInsecureFiles: Bool

    /// - Parameter allowInsecureFiles: accept private key files that others than their owner can read.
    public init(environment: KeyEnvironment = .process, allowInsecureFiles: Bool = false) {
        self.environment = environment
        self.allowInsecureFiles = allowInsecureFiles
    }

    /// - Parameters:
    ///   - what: what the key is called in errors, such as `master public key`.
    ///   - argument: the file named on the command line.
    ///   - variable: the name of the environment variable.
    ///   - defaultPath: the file that is used when it exists.
    /// - Returns: `nil` when no place has a key.
    /// - Throws: when a place that was named has no usable key: `.noInput`, `.malformed`, `.denied`.
    public func findPublicKey(
        _ what: String, argument: String?, variable: String, defaultPath: FilePath?
    ) throws(SecretaryError) -> PublicKey? {
        try find(what, argument: argument, variable: variable, defaultPath: defaultPath)
    }

    /// As `findPublicKey`, but no key is an error that lists the places.
    public func requirePublicKey(
        _ what: String, argument: String?, variable: String, defaultPath: FilePath?
    ) throws(SecretaryError) -> PublicKey {
        try require(what, argument: argument, variable: variable, defaultPath: defaultPath)
    }

    /// As `findPublicKey`, but the key goes straight from its file or variable into guarded memory.
    public func findPrivateKey(
        _ what: String, argument: String?, variable: String, defaultPath: FilePath?
    ) throws(SecretaryError) -> PrivateKey? {
        try find(what, argument: argument, variable: variable, defaultPath: defaultPath)
    }

    /// As `findPrivateKey`, but no key is an error that lists the places.
    public func requirePrivateKey(
        _ what: String, argument: String?, variable: String, defaultPath: FilePath?
    ) throws(SecretaryError) -> PrivateKey {
        try require(what, argument: argument, variable: variable, defaultPath: defaultPath)
    }

    private func find<Key: TextualKey>(
        _ what: String, argument: String?, variable: String, defaultPath: FilePath?
    ) throws(SecretaryError) -> Key? {
        do throws(SecretaryError) {
            if let argument, !argument.isEmpty { return try read(FilePath(argument)) }
            if let key: Key = try read(variable: variable) { return key }
            if let defaultPath, !isMissing(defaultPath) { return try read(defaultPath) }
            return nil
        } catch {
            throw error.prefixed(what)
        }
    }

    private func require<Key: TextualKey>(
        _ what: String, argument: String?, variable: String, defaultPath: FilePath?
    ) throws(SecretaryError) -> Key {
        if let key: Key = try find(what, argument: argument, variable: variable, defaultPath: defaultPath) {
            return key
        }
        var places = ["none is named on the command line", "$\(variable) is not set"]
        if let defaultPath { places.append("\(defaultPath) does not exist") }
        throw SecretaryError(
            .noInput, "no \(what): \(places.joined(separator: ", "))",
            hint: "make keys with 'secretaryctl genkeys', or set \(variable) to a file, a PEM text or base64")
    }

    private func isMissing(_ path: FilePath) -> Bool {
        unsafe path.withPlatformString { unsafe access($0, F_OK) != 0 && errno == ENOENT }
    }

    private func read<Key: TextualKey>(_ path: FilePath) throws(SecretaryError) -> Key {
        try KeyFiles.read(path, allowInsecure: allowInsecureFiles)
    }

    /// The key in an environment variable; `nil` when it is not set, or empty.
    ///
    /// The value is first taken for a key, and only then for a path, so that a key is never handed to the kernel as the name
    /// of a file, where a system call log would show it. The variable's value is not shown, as it may be a damaged key.
    private func read<Key: TextualKey>(variable: String) throws(SecretaryError) -> Key? {
        try unsafe environment.withValue(of: variable) { (value) throws(SecretaryError) in
            guard let value = unsafe value, unsafe value[0] != 0 else { return nil }
            let text = unsafe UnsafeRawBufferPointer(start: value, count: strlen(value))
            let textError: SecretaryError
            do throws(SecretaryError) {
                return try unsafe Key(text: text)
            } catch {
                if unsafe KeyText.isPEM(text) { throw error.prefixed("$\(variable)") }
                textError = error
            }
            let file: FileDescriptor
            do throws(Errno) {
                file = try unsafe KeyFiles.open(value)
            } catch .noSuchFileOrDirectory, .fileNameTooLong, .notDirectory {
                throw textError.prefixed("$\(variable) is not the path of a file")
            } catch {
                throw SecretaryError(.noInput, "cannot read the file that $\(variable) names: \(error)")
            }
            let path = unsafe FilePath(platformString: value)
            return try KeyFiles.read(file, path, allowInsecure: allowInsecureFiles)
        }
    }
}

/// Where the variables are.
public enum KeyEnvironment: Sendable {
    /// In the process's own environment, whose values are read where they lie: no private key becomes a Swift string.
    case process
    case values([String: String])
    /// Private keys where they were handed over, and all else in the process's own environment.
    case handedOver(KeyVariables)

    /// The text of a variable that cannot be a secret.
    package func text(_ name: String) -> String? {
        unsafe withValue(of: name) { value in unsafe value.map { unsafe String(cString: $0) } }
    }

    func withValue<Result, Failure: Error>(
        of name: String, _ body: (UnsafePointer<CChar>?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch self {
        case .process:
            return try unsafe body(getenv(name))
        case .handedOver(let variables):
            return try unsafe variables.withValue(of: name) { (value) throws(Failure) in
                try unsafe body(value ?? UnsafePointer(getenv(name)))
            }
        case .values(let values):
            guard let value = values[name] else { return try body(nil) }
            return try unsafe value.utf8CString.withUnsafeBufferPointer { (value) throws(Failure) in
                try unsafe body(value.baseAddress)
            }
        }
    }
}
