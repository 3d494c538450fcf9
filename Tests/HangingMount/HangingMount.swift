import SecretFS
import SecretaryCore
import SystemPackage

/// Mounts a config repo whose secrets in the format `nacl` hang until a FIFO is opened for writing.
///
/// All others are there at once. Plaintexts are `*`s: no keys are needed.
///
///     hanging-mount SOURCE MOUNTPOINT FIFO DEADLINE-IN-SECONDS POLICY
@main
enum HangingMount {
    static func main() throws {
        var words = Array(CommandLine.arguments.dropFirst())
        let isWorker = words.starts(with: ["mount", "--worker"])
        if isWorker { words.removeFirst(2) }
        guard words.count == 5, let deadline = Int(words[3]), let policy = CachePolicy(rawValue: words[4]) else {
            throw SecretaryError(.usage, "wrong arguments")
        }
        let settings = MountSettings(
            mountpoint: FilePath(words[1]), source: words[0], cache: policy, allowOther: true, owner: 0, group: 0,
            deadline: .seconds(deadline), version: "0")
        if isWorker {
            let selection = MountSelection(
                place: FilePath(words[0]), view: nil, select: nil, layout: .keys, includesPlain: false, app: nil,
                mode: 0o400, owner: 0, group: 0)
            let source = RepositorySource(selection, decryptor: HangingDecryptor(gate: FilePath(words[2])))
            try Worker().serve(source, settings) {}
        } else {
            let command = WorkerCommand(program: CommandLine.arguments[0], arguments: words, directory: "/")
            _ = try Supervisor(settings, command: command, keys: nil, resuming: nil) {}.run()
        }
    }
}

private struct HangingDecryptor: Decryptor {
    /// A FIFO: reading it waits for somebody who writes to it.
    let gate: FilePath

    func mayBlock(on envelope: Envelope) -> Bool {
        if case .nacl = envelope { true } else { false }
    }

    func open(_ envelope: Envelope, into target: UnsafeMutableRawBufferPointer) throws(SecretaryError) {
        if mayBlock(on: envelope) {
            do {
                try FileDescriptor.open(gate, .readOnly).close()
            } catch {
                throw SecretaryError(.unavailable, "the gate cannot be opened: \(error)")
            }
        }
        unsafe target.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "*"))
    }
}
