import Glibc
import SecretaryCore

/// The arguments and the environment of a program that is to take this one's place, with every envelope decrypted.
///
/// The system copies the strings from guarded memory. If the program cannot be started, that memory is zeroed with this
/// value.
@safe struct ProcessImage: ~Copyable {
    private let arguments: [UnsafeMutablePointer<CChar>]
    private let environment: [ProcessEnvironment.Entry]
    private var secrets: DecryptedStrings
    /// Which arguments and which variables the secrets replace, in this order.
    private let secretArguments: [Int]
    private let secretVariables: [Int]

    /// Decrypts everything, or nothing.
    /// - Throws: as `Failures.throwIfAny`.
    init(
        arguments: [UnsafeMutablePointer<CChar>], environment: [ProcessEnvironment.Entry], opener: SecretOpener
    ) throws {
        var sources: [DecryptedStrings.Source] = []
        var secretArguments: [Int] = []
        var secretVariables: [Int] = []
        for index in unsafe arguments.indices {
            let string = unsafe arguments[index]
            guard unsafe strstr(string, "ENC[") != nil else { continue }
            let value = unsafe Value(scanning: Array(UnsafeRawBufferPointer(start: string, count: strlen(string))))
            guard value.hasEnvelopes else { continue }
            sources.append(.init(prefix: [], value: value, label: "argument \(index)", name: nil))
            secretArguments.append(index)
        }
        for (index, entry) in environment.enumerated() {
            guard let value = entry.encryptedValue else { continue }
            let prefix = entry.nameBytes + [UInt8(ascii: "=")]
            sources.append(.init(prefix: prefix, value: value, label: entry.name, name: entry.name))
            secretVariables.append(index)
        }
        let secrets = try DecryptedStrings(sources, opener: opener)
        unsafe self.arguments = arguments
        self.environment = environment
        self.secrets = secrets
        self.secretArguments = secretArguments
        self.secretVariables = secretVariables
    }

    /// Starts the program in this process's place.
    /// - Parameter coreLimit: what the program gets as its limit on core dumps.
    /// - Returns: only when that failed: the system's reason. The secrets are gone then.
    consuming func replaceProcess(coreLimit: ProcessHygiene.CoreLimit) -> Int32 {
        var argumentList = unsafe arguments.map(Optional.init)
        var variableList = unsafe environment.map { unsafe Optional($0.string) }
        guard let name = unsafe arguments.first else { return ENOENT }
        var reason = ENOENT
        unsafe secrets.withStrings { strings in
            for (place, index) in secretArguments.enumerated() {
                unsafe argumentList[index] = ProcessImage.pointer(to: strings[place])
            }
            for (place, index) in secretVariables.enumerated() {
                unsafe variableList[index] = ProcessImage.pointer(to: strings[secretArguments.count + place])
            }
            unsafe argumentList.append(nil)
            unsafe variableList.append(nil)
            coreLimit.restore()
            reason = unsafe ProgramSearch.execute(
                argumentList.first.flatMap(\.self) ?? name, arguments: argumentList, environment: variableList)
            ProcessHygiene.protect()
        }
        return reason
    }

    private static func pointer(to string: UnsafeMutableRawBufferPointer) -> UnsafeMutablePointer<CChar>? {
        unsafe string.baseAddress?.assumingMemoryBound(to: CChar.self)
    }
}
