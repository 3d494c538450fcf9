import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// A config repo and an empty folder to mount it at, both of one account, and what runs there.
final class TestRepo: Sendable {
    let account: Account
    let masterKey: PrivateKey
    let configKey: PrivateKey
    private let scratch: Scratch

    /// Where its commands mount.
    var mounts: MountNamespace { account == .root ? .own : .open }
    /// The test's own folder, an absolute path.
    var place: FilePath { scratch.path }
    /// The repository.
    var root: FilePath { scratch["repo"] }
    var mountpoint: FilePath { scratch["mnt"] }
    /// What the files of a mount should hold, as ordinary files.
    var plain: FilePath { scratch["plain"] }
    /// For what commands write.
    var output: FilePath { scratch["out"] }

    /// Makes a repo, lends it, and checks that nothing is left: no mount, no process.
    static func with(
        _ account: Account = .root, settings: String = "version: 1\nformat: hpke\n",
        location: Testing.SourceLocation = #_sourceLocation, _ body: (TestRepo) async throws -> Void
    ) async throws {
        let repo = try TestRepo(account, settings: settings)
        do {
            try await body(repo)
        } catch {
            try await Leftovers.check(repo, location)
            throw error
        }
        try await Leftovers.check(repo, location)
    }

    private init(_ account: Account, settings: String) throws {
        self.account = account
        scratch = try Scratch("mount")
        masterKey = try PrivateKey.generate()
        configKey = try PrivateKey.generate()
        guard unsafe chmod(scratch.path.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        for folder in ["repo", "mnt", "plain", "out", "staging"] { try scratch.makeFolder(folder) }
        try KeyFiles.write([("master", masterKey), ("config", configKey)], in: root.appending("keys"))
        try write(".secretary.yaml", settings)
        try give(scratch.path)
    }

    // MARK: Files

    /// Puts a file of the repo in place at once, as editors and git do: another file, renamed.
    func write(_ name: String, _ content: some Sequence<UInt8>) throws {
        let staged = try scratch.write("staging/file", content, mode: [.ownerReadWrite, .groupRead, .otherRead])
        let target = root.pushing(FilePath(name))
        try makeFolder(target.removingLastComponent())
        try own(staged)
        guard unsafe rename(staged.string, target.string) == 0 else { throw Errno(rawValue: errno) }
    }

    func write(_ name: String, _ text: String) throws { try write(name, text.utf8) }

    func makeFolder(_ folder: FilePath) throws {
        guard let below = folder.relative(to: scratch.path) else { return }
        try scratch.makeFolder(below)
        try own(folder)
    }

    /// Lets the files of a folder belong to the account.
    func give(_ folder: FilePath) throws {
        try own(folder)
        var status = stat()
        guard unsafe lstat(folder.string, &status) == 0 else { throw Errno(rawValue: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { return }
        for name in try Scratch.list(folder) { try give(folder.appending(name)) }
    }

    private func own(_ file: FilePath) throws {
        guard unsafe lchown(file.string, account.number, account.number) == 0 else { throw Errno(rawValue: errno) }
    }

    // MARK: Secrets

    /// The text of an envelope.
    func seal(_ secret: [UInt8], as kind: Envelope.Kind = .hpke, scope: String? = nil) throws -> String {
        let bytes = try unsafe SecretBytes(count: secret.count) { unsafe $0.copyBytes(from: secret) }
        let scope = try scope.map { (text) throws(SecretaryError) in try Scope(parsing: text) }
        let envelope =
            switch kind {
            case .nacl: try NaClSealer(masterKey: masterKey.publicKey, configKey: configKey).seal(bytes)
            default: try HPKESealer(masterKey: masterKey.publicKey, configKey: configKey).seal(bytes, scope: scope)
            }
        return String(decoding: envelope.text, as: UTF8.self)
    }

    func seal(_ secret: String, as kind: Envelope.Kind = .hpke, scope: String? = nil) throws -> String {
        try seal(Array(secret.utf8), as: kind, scope: scope)
    }

    // MARK: Commands

    /// Longer than anything that works takes: what takes longer hangs, and is killed.
    private static let patience = "120"

    /// Everything a command gets: nothing of the tests' own environment.
    ///
    /// The last variable marks whatever the command leaves behind.
    func environment(adding variables: [String: String] = [:]) async throws -> [String: String] {
        let programs = try await PublicPrograms.shared()
        let common = [
            "PATH": "\(programs.folder):/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LD_LIBRARY_PATH": programs.libraries.string, "LC_ALL": "C.UTF-8", "HOME": place.string,
            "M": mountpoint.string, "P": plain.string, "OUT": output.string, "REPO": root.string,
            Leftovers.mark: place.string,
        ]
        return common.merging(variables) { $1 }
    }

    /// Starts a command in the background, as the repo's account.
    /// - Parameter output: the file in the repo's `output` that gets what it writes.
    func start(
        _ program: String, _ arguments: [String], output: String, environment: [String: String] = [:]
    ) async throws -> Child {
        let line = try await commandLine(program, arguments, environment: environment)
        return try Child(line, output: self.output.appending(output), environment: ["PATH=/usr/bin:/bin"])
    }

    /// Runs a command to its end, as the repo's account unless told otherwise, in the repo's root.
    func run(
        _ program: String, _ arguments: [String] = [], as other: Account? = nil, environment: [String: String] = [:],
        directory: FilePath? = nil
    ) async throws -> CommandResult {
        let line = try await commandLine(
            program, arguments, as: other, environment: environment, directory: directory)
        return try await Command.run(line[0], Array(line.dropFirst()))
    }

    /// The command with everything that makes it run where and as whom it should.
    private func commandLine(
        _ program: String, _ arguments: [String], as other: Account? = nil, environment: [String: String],
        directory: FilePath? = nil
    ) async throws -> [String] {
        let variables = try await self.environment(adding: environment).map { "\($0.key)=\($0.value)" }
        // The program is searched for in the path of the command, not in that of the tests.
        return try await mounts.entrance + ["env", "-i", "-C", (directory ?? root).string] + variables + [
            "timeout", "-s", "KILL", Self.patience,
        ] + (other ?? account).commandLine(program, arguments)
    }

    func secretaryctl(
        _ arguments: String..., as other: Account? = nil, environment: [String: String] = [:]
    ) async throws -> CommandResult {
        try await run("secretaryctl", arguments, as: other, environment: environment)
    }

    /// Upgrades a mount, which has to succeed.
    func upgrade(_ mount: Mount, _ location: Testing.SourceLocation = #_sourceLocation) async throws {
        let upgraded = try await secretaryctl("mount", "upgrade", mount.path.string)
        #expect(upgraded.status == 0, "\(upgraded.errors)", sourceLocation: location)
    }

    /// Runs a shell script, which ends at the first command that fails.
    ///
    /// `$M` is the mountpoint, `$P` the plain files, `$OUT` a folder to write to.
    func shell(
        _ script: String, as other: Account? = nil, environment: [String: String] = [:]
    ) async throws -> CommandResult {
        try await run("sh", ["-euc", script], as: other, environment: environment)
    }
}

extension FilePath {
    /// The path from `folder` on; `nil` when it is not below.
    func relative(to folder: FilePath) -> String? {
        var path = self
        return path.removePrefix(folder) && !path.isEmpty ? path.string : nil
    }
}
