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
        nil
    }

    /// As `findPublicKey`, but no key is an error that lists the places.
    public func requirePublicKey(
        _ what: String, argument: String?, variable: String, defaultPath: FilePath?
    ) throws(SecretaryError) -> PublicKey {
        if let key = try findPublicKey(what, argument: argument, variable: variable, defaultPath: defaultPath) {
            return key
        }
        throw missing(what, variable: variable, defaultPath: defaultPath)
    }

    public func findPrivateKey(
        _ what: String, argument: String?, variable: String, defaultPath: FilePath?
    ) throws(SecretaryError) -> PrivateKey? {
        nil
    }

    public func requirePrivateKey(
        _ what: String, argument: String?, variable: String, defaultPath: FilePath?
    ) throws(SecretaryError) -> PrivateKey {
        if let key = try findPrivateKey(what, argument: argument, variable: variable, defaultPath: defaultPath) {
            return key
        }
        throw missing(what, variable: variable, defaultPath: defaultPath)
    }

    private func missing(_ what: String, variable: String, defaultPath: FilePath?) -> SecretaryError {
        var places = ["no file is named on the command line", "$\(variable) is not set"]
        if let defaultPath { places.append("\(defaultPath) does not exist") }
        return SecretaryError(
            .noInput, "no \(what): \(places.joined(separator: ", "))",
            hint: "make keys with 'secretaryctl genkeys', or set \(variable) to a file, a PEM text or base64")
    }
}

/// Where the variables are: in the process's own environment, which keeps private keys out of Swift strings, or given.
public enum KeyEnvironment: Sendable {
    case process
    case values([String: String])
}
