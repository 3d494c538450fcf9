import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("Reading a source")
struct SourceTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch("source") }

    private func message(_ path: FilePath, in root: FilePath? = nil) -> String {
        describeError { () throws(SecretaryError) in show(try ConfigFile.read(path, in: root).root) }
    }

    @Test("a file is read and named by its path")
    func read() throws {
        let path = try scratch.write("web.yml", "a: [1\n")
        #expect(message(path).hasPrefix("\(path):2:1: did not find expected ',' or ']'"))
        try scratch.write("web.yml", "a: 1\n")
        #expect(show(try ConfigFile.read(path).root) == "{a: 1}")
        try scratch.write("empty.yml", "")
        #expect(show(try ConfigFile.read(scratch["empty.yml"]).root) == "{}")
    }

    @Test("below a root no part of the path may be a link, or lead upwards")
    func below() throws {
        try scratch.write("outside.yml", "a: secret\n")
        try scratch.write("root/prod/web.yml", "a: 1\n")
        #expect(unsafe symlink("../outside.yml", scratch["root/link.yml"].string) == 0)
        #expect(unsafe symlink("prod", scratch["root/linked"].string) == 0)
        let root = scratch["root"]
        #expect(show(try ConfigFile.read("prod/web.yml", in: root).root) == "{a: 1}")
        #expect(
            message("link.yml", in: root)
                == "\(root)/link.yml is a symbolic link | name the file that it points to; links are not followed")
        #expect(message("linked/web.yml", in: root).hasPrefix("cannot read \(root)/linked/web.yml: Not a directory"))
        #expect(
            message("../outside.yml", in: root) == "../outside.yml is not the path of a file below \(root)")
        #expect(message(scratch["outside.yml"], in: root).contains("is not the path of a file below"))
        // The root itself is the user's choice.
        #expect(unsafe symlink("root", scratch["alias"].string) == 0)
        #expect(show(try ConfigFile.read("prod/web.yml", in: scratch["alias"]).root) == "{a: 1}")
    }

    @Test("what is not a regular file is refused at once", .timeLimit(.minutes(15)))
    func irregular() throws {
        #expect(unsafe mkfifo(scratch["fifo"].string, 0o600) == 0)
        #expect(message(scratch["fifo"]) == "\(scratch["fifo"]) is a FIFO, not a file | name a regular file")
        #expect(message(scratch.path) == "\(scratch.path) is a folder, not a file | name a regular file")
        #expect(message("/dev/zero") == "/dev/zero is a device, not a file | name a regular file")
        #expect(
            message(scratch["none"])
                == "cannot read \(scratch["none"]): No such file or directory | check the path")
    }

    @Test("a file beyond the limit is refused without being read")
    func large() throws {
        let path = try scratch.write("big.yml", "")
        #expect(unsafe truncate(path.string, 100 << 20) == 0)
        let time = ThreadTime()
        #expect(message(path).hasPrefix("\(path) is larger than 32 MiB"))
        #expect(time.spent < .seconds(1))
    }

    @Test("a tree is listed in a fixed order, with what was left out and why")
    func tree() throws {
        for file in [
            "b.yml", "a/z.json", "a/b/c.env", "a.yml", "B.yml", ".hidden.yml", "keys/config.pem", ".git/config",
        ] {
            try scratch.write(file, "x\n")
        }
        try scratch.write(".secretary.yaml", "")
        try scratch.write("a/.git", "gitdir: x\n")
        try scratch.write(
            "keys/master-private-key.pem", "-----BEGIN NACL PRIVATE KEY-----\nAAAA\n-----END NACL PRIVATE KEY-----\n")
        try scratch.write("docs.yml", "text: -----BEGIN NACL PRIVATE KEY-----\n")
        try scratch.write("bare", "AAAA\n")
        #expect(unsafe symlink("/etc", scratch["etc"].string) == 0)
        #expect(unsafe mkfifo(scratch["fifo"].string, 0o600) == 0)
        let big = try scratch.write("big.bin", "")
        #expect(unsafe truncate(big.string, 33 << 20) == 0)

        let tree = try SourceTree.scan(scratch.path, leavingOut: ["bare"])
        #expect(
            tree.files.map(\.path.string) == [
                ".hidden.yml", "B.yml", "a/b/c.env", "a/z.json", "a.yml", "b.yml", "docs.yml", "keys/config.pem",
            ])
        #expect(tree.files.first?.size == 2)
        #expect(
            tree.skipped.map { "\($0.path) \($0.reason)" } == [
                ".git belongs to git", ".secretary.yaml holds the settings", "a/.git belongs to git",
                "bare is a key file", "big.bin has 33 MiB, and the limit is 32 MiB", "etc is a symbolic link",
                "fifo is a FIFO", "keys/master-private-key.pem is a key file",
            ])
    }

    @Test("a tree of folders inside each other has a limit")
    func deep() throws {
        try scratch.makeFolder(Array(repeating: "d", count: 63).joined(separator: "/"))
        #expect(try SourceTree.scan(scratch.path).files.isEmpty)
        try scratch.makeFolder(Array(repeating: "d", count: 64).joined(separator: "/"))
        let error = #expect(throws: SecretaryError.self) { try SourceTree.scan(scratch.path) }
        #expect(error?.message.hasSuffix("is more than 64 folders below \(scratch.path)") == true)
    }

    @Test("a tree whose folder is missing or a file is an error")
    func missing() throws {
        let file = try scratch.write("file", "x")
        for path in [scratch["none"], file] {
            let error = #expect(throws: SecretaryError.self) { try SourceTree.scan(path) }
            #expect(error?.code == .noInput)
            #expect(error?.message.hasPrefix("cannot read \(path): ") == true)
        }
    }

    @Test("file names need not be UTF-8")
    func names() throws {
        let bytes: [CChar] =
            Array(scratch.path.string.utf8CString.dropLast()) + [0x2F, 0x61, CChar(bitPattern: 0xFF), 0]
        let descriptor = unsafe open(bytes, O_CREAT | O_WRONLY, 0o600)
        #expect(descriptor >= 0)
        close(descriptor)
        let tree = try SourceTree.scan(scratch.path)
        #expect(tree.files.count == 1 && tree.skipped.isEmpty)
        let path = try #require(tree.files.first?.path)
        #expect(try ConfigFile.readBytes(path, in: scratch.path).isEmpty)
    }
}
