internal import Glibc
public import SystemPackage

extension SecretBytes {
    /// The text of a file that holds a passphrase or a password, without the newline at its end.
    /// - Throws: `.noInput` when it cannot be read, `.malformed` when it is too large to be one; both name the file.
    public init(readingLineOf path: FilePath) throws(SecretaryError) {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
        } catch {
            throw SecretaryError(.noInput, "cannot read \(path): \(error)")
        }
        defer { try? file.close() }
        let text = try SecretBytes.contents(of: file, path)
        let count = unsafe text.withUnsafeBytes { text in
            var count = text.count
            if count > 0, unsafe text[count - 1] == UInt8(ascii: "\n") { count -= 1 }
            if count > 0, unsafe text[count - 1] == UInt8(ascii: "\r") { count -= 1 }
            return count
        }
        try unsafe self.init(count: count) { target in
            unsafe text.withUnsafeBytes { text in
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: text[..<count]))
            }
        }
    }

    private static func contents(of file: FileDescriptor, _ path: FilePath) throws(SecretaryError) -> SecretBytes {
        do {
            return try SecretBytes(readingAll: file, limit: 4096)
        } catch {
            throw error.code == .malformed
                ? SecretaryError(.malformed, "\(path) is larger than 4 KiB, so it cannot be a passphrase")
                : error.prefixed("\(path)")
        }
    }
}
