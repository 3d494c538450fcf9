import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// A folder that is a machine's `/etc/secretary`, with keys and secrets, and the programs that run in the machine.
struct DockerRepo: Sendable {
    let scratch: Scratch
    let master: PrivateKey
    private let config: PrivateKey

    init() throws {
        scratch = try Scratch("docker")
        guard unsafe chmod(scratch.path.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        master = try PrivateKey.generate()
        config = try PrivateKey.generate()
        try KeyFiles.write([("master", master), ("config", config)], in: try scratch.makeFolder("repo/keys"))
        try scratch.makeFolder("bin")
        for program in ["secretaryctl", "secretaryd", "secretary-docker-plugin"] {
            let target = Programs.folder.appending(program).string
            guard unsafe symlink(target, scratch["bin"].appending(program).string) == 0 else {
                throw Errno(rawValue: errno)
            }
        }
        try write(".secretary.yaml", "version: 1\nformat: hpke\n")
    }

    /// Of all containers of the machine, so that what is left of them can be found.
    var controlGroup: String { scratch.path.lastComponent?.string.replacing(".", with: "-") ?? "" }

    /// Puts a file of the repo in place at once, as editors and git do: another file, renamed.
    func write(_ name: String, _ text: String) throws {
        let staged = try scratch.write("staged", text, mode: [.ownerReadWrite, .groupRead, .otherRead])
        let target = scratch["repo"].pushing(FilePath(name))
        try scratch.makeFolder(
            target.removingLastComponent().string.dropPrefix("\(scratch.path)/"))
        guard unsafe rename(staged.string, target.string) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Writes a config file with one secret for each name.
    func write(_ name: String, secrets: [String: String]) throws {
        let lines = try secrets.sorted { $0.key < $1.key }.map { "\($0.key): \(try seal($0.value))\n" }
        try write(name, lines.joined())
    }

    /// The text of an envelope.
    func seal(_ secret: String, scope: String? = nil) throws -> String {
        let bytes = try unsafe SecretBytes(count: secret.utf8.count) { unsafe $0.copyBytes(from: secret.utf8) }
        let sealer = try HPKESealer(masterKey: master.publicKey, configKey: config)
        let scope = try scope.map { (text) throws(SecretaryError) in try Scope(parsing: text) }
        return String(decoding: try sealer.seal(bytes, scope: scope).text, as: UTF8.self)
    }

    // MARK: What programs say

    func log(_ name: String) -> FilePath { scratch["\(name).log"] }

    func messages(_ name: String) throws -> String { try scratch.readText("\(name).log") }

    /// The ends of all logs.
    func allMessages() throws -> String {
        try Scratch.list(scratch.path).filter { $0.hasSuffix(".log") }.map { name in
            let lines = try scratch.readText(name).split(separator: "\n").suffix(25)
            return "\(name):\n\(lines.joined(separator: "\n"))"
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate func dropPrefix(_ prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}
