internal import Glibc
internal import SecretaryCore

/// The variables from which AWS's programs take their settings; tests give others.
public struct AWSEnvironment: Sendable {
    private let values: [String: String]?

    /// The process's own.
    public static let process = AWSEnvironment(values: nil)

    /// - Parameter values: these, and none of the process's; for tests.
    package init(values: [String: String]?) { self.values = values }

    /// A variable that is set, and not empty.
    subscript(_ name: String) -> String? {
        let text: String?
        if let values {
            text = values[name]
        } else {
            text = unsafe getenv(name).map { unsafe String(cString: $0) }
        }
        return text?.isEmpty == true ? nil : text
    }

    /// Whether a variable is set, and not empty; looks at no more of it than that.
    func has(_ name: String) -> Bool {
        if let values { return values[name]?.isEmpty == false }
        guard let value = unsafe getenv(name) else { return false }
        return unsafe value.pointee != 0
    }

    /// A variable that holds a secret, straight from where the system put it.
    func secret(_ name: String) throws(SecretaryError) -> HTTPSecret? {
        if values != nil {
            return try self[name].map { text throws(SecretaryError) in try HTTPSecret(copying: text.utf8) }
        }
        guard let value = unsafe getenv(name) else { return nil }
        let count = unsafe strlen(value)
        guard count > 0 else { return nil }
        return HTTPSecret(
            try unsafe SecretBytes(count: count) { target in
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(start: value, count: count))
            })
    }
}
