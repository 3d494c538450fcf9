internal import Glibc
public import SystemPackage

/// Environment variables with private keys that another process has handed over in a file in memory, so that they are in
/// nobody's environment.
@safe public final class KeyVariables: Sendable {
    private let text: SecretBytes

    /// - Parameter descriptor: holds strings as the environment does, `NAME=value`, each ended by a NUL.
    /// - Throws: `.io` when it cannot be read, `.malformed` when it is larger than any environment.
    public init(readingAll descriptor: FileDescriptor) throws(SecretaryError) {
        guard lseek(descriptor.rawValue, 0, SEEK_SET) == 0 else {
            throw SecretaryError(.io, "cannot read the keys that were handed over: \(Errno(rawValue: errno))")
        }
        text = try SecretBytes(readingAll: descriptor, limit: 1 << 20)
    }

    /// Lends the value of a variable where it lies; `nil` when there is none of that name.
    func withValue<Result, Failure: Error>(
        of name: String, _ body: (UnsafePointer<CChar>?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe text.withUnsafeBytes { (bytes) throws(Failure) in
            let prefix = Array("\(name)=".utf8)
            var start = 0
            while let end = unsafe bytes[start...].firstIndex(of: 0) {
                if unsafe bytes[start..<end].starts(with: prefix) {
                    let value = unsafe bytes.baseAddress?.advanced(by: start + prefix.count)
                    return try unsafe body(value?.assumingMemoryBound(to: CChar.self))
                }
                start = end + 1
            }
            return try body(nil)
        }
    }
}
