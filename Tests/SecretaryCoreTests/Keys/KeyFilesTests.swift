import Glibc
@testable import SecretaryCore
import SystemPackage
import Testing
import TestSupport

@Suite("Key files")
struct KeyFilesTests {
    private let scratch: Scratch
    private var keys: FilePath { scratch["keys"] }

    init() throws {
        scratch = try Scratch("keys")
    }

    private func names(_ folder: FilePath) throws -> [String] {
        try Folders.names(folder)
    }

    private func mode(_ path: FilePath) -> mode_t {
        var status = stat()
        return unsafe lstat(path.string, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    private func masterAndConfig() throws -> [(name: String, key: PrivateKey)] {
        [("master", try PrivateKey.generate()), ("config", try PrivateKey.generate())]
    }

    @Test("pairs are written with their modes, whatever the umask is, and read back")
    func writes() throws {
        let pairs = try masterAndConfig()
        let written = try KeyFiles.write(pairs, in: keys)
        #expect(
            written.compactMap { $0.lastComponent?.string } == [
                "master-private-key.pem", "master-public-key.pem", "config-private-key.pem", "config-public-key.pem",
            ])
        #expect(try names(keys).sorted() == written.compactMap { $0.lastComponent?.string }.sorted())
        for (name, key) in pairs {
            #expect(mode(keys.appending("\(name)-private-key.pem")) == 0o600)
            #expect(mode(keys.appending("\(name)-public-key.pem")) == 0o644)
            #expect(try KeyFiles.readPrivateKey(keys.appending("\(name)-private-key.pem")).id == key.id)
            #expect(try KeyFiles.readPublicKey(keys.appending("\(name)-public-key.pem")) == key.publicKey)
        }
    }

    @Test("the folder is made, with those above it")
    func makesFolders() throws {
        let folder = scratch["a/b/c"]
        try KeyFiles.write(masterAndConfig(), in: folder)
        #expect(try names(folder).count == 4)
    }

    @Test(
        "an existing file stays, and nothing is written beside it",
        arguments: [
            "master-private-key.pem", "master-public-key.pem", "config-public-key.pem",
        ])
    func existing(_ name: String) throws {
        try scratch.write("keys/\(name)", "precious")
        let error = #expect(throws: SecretaryError.self) { try KeyFiles.write(masterAndConfig(), in: keys) }
        #expect(error?.code == .cannotCreate)
        #expect(error?.message == "\(keys.appending(name)) exists already")
        #expect(error?.hint?.contains("--force") == true)
        #expect(try names(keys) == [name])
        #expect(try scratch.readText("keys/\(name)") == "precious")
    }

    @Test("a broken symbolic link counts as an existing file")
    func symbolicLink() throws {
        try scratch.makeFolder("keys")
        let link = keys.appending("config-private-key.pem")
        #expect(unsafe symlink(scratch["elsewhere"].string, link.string) == 0)
        #expect(throws: SecretaryError.self) { try KeyFiles.write(masterAndConfig(), in: keys) }
        #expect(try names(scratch.path) == ["keys"])
    }

    @Test("force replaces the files")
    func force() throws {
        try KeyFiles.write(masterAndConfig(), in: keys)
        let pairs = try masterAndConfig()
        try KeyFiles.write(pairs, in: keys, force: true)
        #expect(try names(keys).count == 4)
        #expect(try KeyFiles.readPrivateKey(keys.appending("master-private-key.pem")).id == pairs[0].key.id)
        #expect(mode(keys.appending("master-private-key.pem")) == 0o600)
    }

    @Test("force that fails half-way leaves the files that were there")
    func forceFails() throws {
        let pairs = try masterAndConfig()
        try KeyFiles.write(pairs, in: keys)
        // A folder cannot be replaced by a file.
        #expect(unsafe unlink(keys.appending("config-public-key.pem").string) == 0)
        try scratch.makeFolder("keys/config-public-key.pem")
        #expect(throws: SecretaryError.self) { try KeyFiles.write(masterAndConfig(), in: keys, force: true) }
        #expect(try names(keys).count == 4)
        for (name, key) in pairs {
            #expect(try KeyFiles.readPrivateKey(keys.appending("\(name)-private-key.pem")).id == key.id)
        }
    }

    @Test("a write that fails leaves nothing")
    func writeFails() throws {
        let files = [
            NewFile(name: "first", mode: 0o600) { (file) throws(SecretaryError) in },
            NewFile(name: "second", mode: 0o600) { (file) throws(SecretaryError) in
                throw SecretaryError(.io, "no space left on device")
            },
        ]
        let error = #expect(throws: SecretaryError.self) {
            try NewFile.install(files, in: Folder(keys), replacing: false)
        }
        #expect(error?.message == "cannot write \(keys.appending("second")): no space left on device")
        #expect(try names(keys).isEmpty)
    }

    @Test("a full disk leaves nothing")
    func fullDisk() async throws {
        await #expect(processExitsWith: .exitCode(EXIT_SUCCESS)) {
            // Files of this process cannot become longer than 8 bytes.
            var limit = rlimit(rlim_cur: 8, rlim_max: 8)
            signal(SIGXFSZ, SIG_IGN)
            _ = unsafe setrlimit(__rlimit_resource_t(UInt32(RLIMIT_FSIZE.rawValue)), &limit)
            let scratch = try Scratch("full")
            let pairs = [(name: "master", key: try PrivateKey.generate())]
            let error = #expect(throws: SecretaryError.self) { try KeyFiles.write(pairs, in: scratch["keys"]) }
            let isEmpty = try Folders.names(scratch["keys"]).isEmpty
            exit(error?.code == .cannotCreate && isEmpty ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    @Test("a process that is killed half-way leaves no file that is cut off")
    func killed() async throws {
        let result = await #expect(
            processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
        ) {
            let scratch = try Scratch("killed")
            let bytes = Array(scratch.path.string.utf8)
            _ = unsafe write(STDOUT_FILENO, bytes, bytes.count)
            let files = [
                NewFile(name: "first", mode: 0o600) { (file) throws(SecretaryError) in },
                NewFile(name: "second", mode: 0o600) { (file) throws(SecretaryError) in kill(getpid(), SIGKILL) },
            ]
            try NewFile.install(files, in: Folder(scratch["keys"]), replacing: false)
        }
        let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        let folder = FilePath(String(output.drop { $0 != "/" })).appending("keys")
        let left = try names(folder)
        #expect(left.count == 2 && left.allSatisfy { $0.hasPrefix(".tmp-") })
        try Folders.remove(folder.removingLastComponent())
    }

    @Test("a folder that cannot be written to is an error that names it")
    func unwritable() throws {
        try scratch.write("file", "")
        let error = #expect(throws: SecretaryError.self) {
            try KeyFiles.write(masterAndConfig(), in: scratch["file/keys"])
        }
        #expect(error?.code == .cannotCreate)
        #expect(error?.message.contains(scratch["file/keys"].string) == true)
    }

    @Test("names that would leave the folder are refused", arguments: ["", "../up", "a/b", "nul\0"])
    func badNames(_ name: String) throws {
        let error = #expect(throws: SecretaryError.self) {
            try KeyFiles.write([(name, try PrivateKey.generate())], in: keys)
        }
        #expect(error?.code == .usage)
    }

    // MARK: - Reading

    @Test(
        "a private key that others can read is refused, unless that is allowed",
        arguments: [
            0o640, 0o604, 0o644, 0o620, 0o601,
        ] as [mode_t])
    func insecure(_ mode: mode_t) throws {
        let path = try scratch.write("key.pem", PrivateKey.generate().text)
        #expect(unsafe chmod(path.string, mode) == 0)
        let error = #expect(throws: SecretaryError.self) { try KeyFiles.readPrivateKey(path) }
        #expect(error?.code == .denied)
        #expect(error?.hint == "chmod 600 \(path), or pass --insecure-keys")
        _ = try KeyFiles.readPrivateKey(path, allowInsecure: true)
    }

    @Test("a private key that only its owner can read is accepted", arguments: [0o600, 0o400, 0o700] as [mode_t])
    func secure(_ mode: mode_t) throws {
        let path = try scratch.write("key.pem", PrivateKey.generate().text)
        #expect(unsafe chmod(path.string, mode) == 0)
        _ = try KeyFiles.readPrivateKey(path)
    }

    @Test("a public key may be read by everybody")
    func publicKey() throws {
        let path = try scratch.write("key.pem", PrivateKey.generate().publicKey.pem)
        #expect(unsafe chmod(path.string, 0o666) == 0)
        _ = try KeyFiles.readPublicKey(path)
    }

    @Test("a symbolic link is followed, and the file's own mode counts")
    func followsLinks() throws {
        let path = try scratch.write("..data/key.pem", PrivateKey.generate().text)
        #expect(unsafe symlink("..data/key.pem", scratch["key.pem"].string) == 0)
        _ = try KeyFiles.readPrivateKey(scratch["key.pem"])
        #expect(unsafe chmod(path.string, 0o644) == 0)
        #expect(throws: SecretaryError.self) { try KeyFiles.readPrivateKey(scratch["key.pem"]) }
    }

    @Test("errors name the file and the reason, not the content")
    func errors() throws {
        let missing = #expect(throws: SecretaryError.self) { try KeyFiles.readPublicKey(scratch["none.pem"]) }
        #expect(missing?.code == .noInput)
        #expect(missing?.message == "cannot read the public key \(scratch["none.pem"]): No such file or directory")

        let folder = #expect(throws: SecretaryError.self) { try KeyFiles.readPrivateKey(scratch.path) }
        #expect(folder?.message == "private key \(scratch.path): not a file")

        let path = try scratch.write("key.pem", "hunter2 is not a key")
        let junk = #expect(throws: SecretaryError.self) { try KeyFiles.readPrivateKey(path) }
        #expect(junk?.code == .malformed)
        #expect(junk?.message == "private key \(path): not a private key: expected PEM or base64 of 32 bytes")
    }

    @Test("a file that is far too large is refused without being read")
    func large() throws {
        let path = scratch["large"]
        let file = try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite)
        defer { try? file.close() }
        #expect(ftruncate(file.rawValue, 1 << 40) == 0)
        let error = #expect(throws: SecretaryError.self) { try KeyFiles.readPrivateKey(path) }
        #expect(error?.message == "private key \(path): larger than 64 KiB, so it cannot be a key")
    }

    @Test("a FIFO without a writer does not hang, and one with a writer gives the key", .timeLimit(.minutes(15)))
    func fifo() throws {
        let path = scratch["fifo"]
        #expect(unsafe mkfifo(path.string, 0o600) == 0)
        #expect(throws: SecretaryError.self) { try KeyFiles.readPrivateKey(path) }

        // As the shell's <(command): the pipe is full before it is opened by its name.
        let key = try PrivateKey.generate()
        let (readEnd, writeEnd) = try FileDescriptor.pipe()
        try writeEnd.writeAll(key.text)
        try writeEnd.close()
        defer { try? readEnd.close() }
        #expect(try KeyFiles.readPrivateKey(FilePath("/dev/fd/\(readEnd.rawValue)")).id == key.id)
    }
}
