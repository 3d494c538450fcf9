import SecretFS
import SecretaryCore
import SystemPackage

/// Mounts a config repo whose secrets in the format `nacl` hang until a FIFO is opened for writing.
///
/// So do those with the scope `/slow`, but as if it were computing that takes so long. All others are there at once. Plaintexts are `*`s: no keys are needed. While there is a FIFO `FIFO.source`, reading the source
/// hangs until that one is opened for writing; a mount that begins waits four seconds for it.
///
///     hanging-mount SOURCE MOUNTPOINT FIFO DEADLINE-IN-SECONDS POLICY
@main
enum HangingMount {
    static func main() throws {
        var words = Array(CommandLine.arguments.dropFirst())
        let isWorker = words.starts(with: ["mount", "--worker"])
        // And where it was started.
        if isWorker { words.removeFirst(4) }
        guard words.count == 5, let deadline = Int(words[3]), let policy = CachePolicy(rawValue: words[4]) else {
            throw SecretaryError(.usage, "wrong arguments")
        }
        let settings = MountSettings(
            mountpoint: FilePath(words[1]), source: words[0], cache: policy, allowOther: true, owner: 0, group: 0,
            deadline: .seconds(deadline), sourcePatience: .seconds(4), version: "0")
        if isWorker {
            let selection = MountSelection(
                place: FilePath(words[0]), view: nil, select: nil, layout: .keys, includesPlain: false, app: nil,
                mode: 0o400, owner: 0, group: 0)
            let gate = FilePath(words[2])
            let worker = try Worker()
            do throws(SecretaryError) {
                try worker.serve(settings) {
                    HangingSource(
                        source: RepositorySource(selection, decryptor: HangingDecryptor(gate: gate)),
                        gate: FilePath("\(gate).source"))
                } told: { _ in
                }
            } catch {
                worker.complain(error)
                throw error
            }
        } else {
            let command = WorkerCommand(program: "/proc/self/exe", arguments: words, directory: "/")
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

    func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        if mayBlock(on: envelope) || envelope.scope?.description == "/slow" {
            do {
                try FileDescriptor.open(gate, .readOnly).close()
            } catch {
                throw SecretaryError(.unavailable, "the gate cannot be opened: \(error)")
            }
        }
        unsafe target.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "*"))
    }
}

private struct HangingSource: MountSource {
    let source: RepositorySource
    let gate: FilePath

    func load(unsettled: Set<FilePath>) throws(SecretaryError) -> LoadedSource {
        try? FileDescriptor.open(gate, .readOnly).close()
        return try source.load(unsettled: unsettled)
    }

    func confirm() {
        source.confirm()
    }
}
