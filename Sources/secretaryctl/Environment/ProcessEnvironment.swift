import Glibc
import SecretaryCore

/// The process's environment as the bytes that it is: names and values need not be UTF-8.
enum ProcessEnvironment {
    /// The text of a variable that cannot be a secret.
    static func text(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// One string of the environment, still where the kernel put it; this program never changes its environment.
    @safe struct Entry {
        /// The whole string: `NAME=value`, terminated by a NUL.
        let string: UnsafeMutablePointer<CChar>
        /// Number of bytes before the `=`; `nil` when there is none, and the string is not a variable.
        let nameCount: Int?

        /// What the variable is called in messages.
        var name: String { String(decoding: nameBytes, as: UTF8.self) }

        var nameBytes: [UInt8] {
            unsafe Array(UnsafeRawBufferPointer(start: string, count: nameCount ?? strlen(string)))
        }

        /// The value, if it holds envelopes; any other could be a secret, and is not even copied.
        var encryptedValue: Value? {
            guard let nameCount else { return nil }
            let start = unsafe string + nameCount + 1
            guard unsafe strstr(start, "ENC[") != nil else { return nil }
            let value = unsafe Value(scanning: Array(UnsafeRawBufferPointer(start: start, count: strlen(start))))
            return value.hasEnvelopes ? value : nil
        }

        func isNamed(_ other: StaticString) -> Bool {
            guard let nameCount, nameCount == other.utf8CodeUnitCount else { return false }
            return unsafe memcmp(string, other.utf8Start, nameCount) == 0
        }
    }

    /// Every string of the environment, in its order.
    static var entries: [Entry] {
        var entries: [Entry] = []
        var position: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = unsafe environ
        while let string = unsafe position.pointee {
            let equals = unsafe strchr(string, Int32(UInt8(ascii: "=")))
            unsafe entries.append(Entry(string: string, nameCount: equals.map { unsafe $0 - string }))
            unsafe position += 1
        }
        return entries
    }
}
