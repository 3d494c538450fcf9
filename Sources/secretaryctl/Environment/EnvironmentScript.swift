import Glibc
import SecretaryCore
import SystemPackage

/// Shell code that exports the decrypted variables: `export NAME='value'`, safe under `eval` whatever the value.
///
/// Between single quotes a POSIX shell takes every byte for itself, except the single quote, which is written `'\''`.
struct EnvironmentScript: ~Copyable {
    private var variables: DecryptedStrings

    private static let quote = UInt8(ascii: "'")
    private static let escapedQuote = Array("'\\''".utf8)
    private static let end = Array("'\n".utf8)

    /// Decrypts every variable that holds envelopes, or none.
    /// - Throws: as `Failures.throwIfAny`.
    init(opener: SecretOpener) throws {
        var sources: [DecryptedStrings.Source] = []
        for entry in ProcessEnvironment.entries {
            guard let value = entry.encryptedValue else { continue }
            // The code up to the opening quote; what follows is the value, whose quotes are escaped when it is written.
            let prefix = Array("export ".utf8) + entry.nameBytes + Array("='".utf8)
            sources.append(.init(prefix: prefix, value: value, label: entry.name, name: entry.name))
        }
        variables = try DecryptedStrings(sources, opener: opener) { (source) throws(SecretaryError) in
            guard !EnvironmentScript.isIdentifier(source.prefix.dropFirst("export ".utf8.count).dropLast(2)) else {
                return
            }
            throw SecretaryError(
                .malformed, "the name is not a shell identifier, so a shell cannot set it",
                hint: "secretaryctl exec passes variables of any name")
        }
    }

    /// Writes the code.
    /// - Throws: `.io`.
    mutating func write(to descriptor: FileDescriptor) throws(SecretaryError) {
        try unsafe variables.withStrings { (strings) throws(SecretaryError) in
            for index in unsafe strings.indices {
                let string = unsafe strings[index]
                let line = try unsafe EnvironmentScript.quoted(UnsafeRawBufferPointer(rebasing: string.dropLast()))
                try line.write(to: descriptor)
            }
        }
    }

    /// `export NAME='value` with the quotes of the value escaped, and the closing one.
    private static func quoted(_ text: UnsafeRawBufferPointer) throws(SecretaryError) -> SecretBytes {
        // The first quote is the opening one; a name has none.
        let quotes = unsafe text.count { $0 == quote } - 1
        let count = text.count + quotes * (escapedQuote.count - 1) + end.count
        return try unsafe SecretBytes(count: count) { target in
            var position = 0
            var isValue = false
            func append(_ byte: UInt8) {
                unsafe target[position] = byte
                position += 1
            }
            for index in text.indices {
                let byte = unsafe text[index]
                if byte == quote && isValue { escapedQuote.forEach(append) } else { append(byte) }
                if byte == quote { isValue = true }
            }
            end.forEach(append)
        }
    }

    /// `[A-Za-z_][A-Za-z0-9_]*`, the names that a POSIX shell can assign to.
    private static func isIdentifier(_ name: ArraySlice<UInt8>) -> Bool {
        guard let first = name.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return name.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
