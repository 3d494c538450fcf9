import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("A config repository")
struct RepositoryTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch("repository") }

    private static let settings = """
        format: hpke
        unscoped: deny
        keys: { master: keys/master.pem, config: keys/config.pem }
        environments:
          - { path: "prod/**", scope: "/prod/{path}", format: nacl, keys: { master: prod/master.pem } }
          - { path: "prod/special.yml", scope: /never }
          - { path: "test/web-*", scope: "/{path}/x", unscoped: warn }
          - { path: other.yml, scope: "/other#NAME" }
          - { path: "plain/*" }
        """

    @Test("is found upwards from a file and from a folder")
    func upwards() throws {
        try scratch.write(".secretary.yaml", "format: hpke\n")
        let file = try scratch.write("prod/shop/web.yml", "a: b\n")
        for place in [file, scratch["prod/shop"], scratch["prod"], scratch.path] {
            let repository = try ConfigRepository.discover(from: place)
            #expect(repository.root == scratch.path)
            #expect(repository.settings.format == .hpke)
        }
    }

    @Test("is the nearest, and never above the folder with .git", arguments: ["folder", "file"])
    func boundary(kind: String) throws {
        try scratch.write(".secretary.yaml", "format: hpke\n")
        if kind == "folder" {
            try scratch.makeFolder("inner/.git")
        } else {
            try scratch.write("inner/.git", "gitdir: x\n")
        }
        try scratch.makeFolder("inner/deep")
        let without = try ConfigRepository.discover(from: scratch["inner/deep"])
        #expect(without.root == scratch["inner/deep"])
        #expect(without.settings == Settings())
        // The folder with .git itself still counts.
        try scratch.write("inner/.secretary.yaml", "format: kms\n")
        let with = try ConfigRepository.discover(from: scratch["inner/deep"])
        #expect(with.root == scratch["inner"])
        #expect(with.settings.format == .kms)
    }

    @Test("without settings is the folder, or that of the file, with the defaults")
    func none() throws {
        try scratch.makeFolder(".git")
        let file = try scratch.write("a/web.yml", "a: b\n")
        #expect(try ConfigRepository.discover(from: file).root == scratch["a"])
        #expect(try ConfigRepository.discover(from: scratch["a"]).settings == Settings())
    }

    @Test("is the place that a symbolic link leads to")
    func link() throws {
        try scratch.write("real/.secretary.yaml", "format: hpke\n")
        try scratch.makeFolder("real/sub")
        #expect(unsafe symlink("real/sub", scratch["link"].string) == 0)
        #expect(try ConfigRepository.discover(from: scratch["link"]).root == scratch["real"])
    }

    @Test("with wrong settings is an error with the file's path")
    func wrong() throws {
        try scratch.write(".secretary.yaml", "formt: hpke\n")
        let error = #expect(throws: SecretaryError.self) { try ConfigRepository.discover(from: scratch.path) }
        #expect(error?.message == "\(scratch[".secretary.yaml"]):1:1: unknown key \"formt\"")
    }

    @Test("whose place does not exist is an error")
    func missing() throws {
        let error = #expect(throws: SecretaryError.self) { try ConfigRepository.discover(from: scratch["none"]) }
        #expect(error?.message == "cannot find \(scratch["none"]): No such file or directory")
        #expect(error?.code == .noInput)
    }

    @Test(
        "takes no settings from a folder above that belong to somebody else", .enabled(if: geteuid() == 0, "needs root")
    )
    func owner() throws {
        try scratch.write(".secretary.yaml", "format: hpke\n")
        try scratch.makeFolder("mine")
        #expect(unsafe chown(scratch[".secretary.yaml"].string, 12345, 12345) == 0)
        let error = #expect(throws: SecretaryError.self) { try ConfigRepository.discover(from: scratch["mine"]) }
        #expect(error?.code == .denied)
        #expect(
            error?.message
                == "\(scratch[".secretary.yaml"]) belongs to user 12345, who owns neither \(scratch["mine"]) nor this process"
        )
        // A root that works on a user's repository.
        #expect(unsafe chown(scratch["mine"].string, 12345, 12345) == 0)
        #expect(try ConfigRepository.discover(from: scratch["mine"]).settings.format == .hpke)
    }

    @Test("settings are a regular file", arguments: ["link", "fifo", "folder"])
    func irregular(kind: String) throws {
        let place = scratch[".secretary.yaml"].string
        switch kind {
        case "link": #expect(unsafe symlink("/etc/passwd", place) == 0)
        case "fifo": #expect(unsafe mkfifo(place, 0o600) == 0)
        default: try scratch.makeFolder(".secretary.yaml")
        }
        let error = #expect(throws: SecretaryError.self) { try ConfigRepository.discover(from: scratch.path) }
        #expect(error?.message.hasPrefix("\(place) is a ") == true)
    }

    @Test("the first environment that matches gives keys, format, policy and scope")
    func environments() throws {
        let repository = ConfigRepository(
            root: "/repo", settings: try Settings.parse(Array(RepositoryTests.settings.utf8)))
        #expect(repository.format(for: "prod/shop/web.yml") == .nacl)
        #expect(repository.format(for: "elsewhere.yml") == .hpke)
        #expect(repository.unscoped(for: "test/web-a.yml") == .warn)
        #expect(repository.unscoped(for: "prod/web.yml") == .deny)
        #expect(repository.keyFile(.master, for: "prod/web.yml") == "/repo/prod/master.pem")
        #expect(repository.keyFile(.config, for: "prod/web.yml") == "/repo/keys/config.pem")
        #expect(repository.keyFile(.master) == "/repo/keys/master.pem")
        #expect(repository.keyFile(.deploy) == nil)
        #expect(repository.environment(for: "elsewhere.yml") == nil)
        #expect(repository.keyFiles == ["keys/master.pem", "keys/config.pem", "prod/master.pem"])
    }

    @Test("both halves of a key that is named are key files")
    func halves() throws {
        let text = "keys: {master: keys/master-public-key.pem, config: config-private.txt}"
        let repository = ConfigRepository(root: "/repo", settings: try Settings.parse(Array(text.utf8)))
        #expect(
            repository.keyFiles == [
                "keys/master-public-key.pem", "keys/master-private-key.pem", "config-private.txt", "config-public.txt",
            ])
    }

    @Test(
        "a file's place becomes a scope",
        arguments: [
            ("prod/shop/web.yml", "/prod/shop/web"), ("prod/web.prod.yml", "/prod/web.prod"),
            ("prod/.env", "/prod/.env"),
            ("prod/shop.d/web", "/prod/shop.d/web"), ("prod/special.yml", "/prod/special"), ("test/web-a.yml", "/a/x"),
            // An accent without a letter belongs to what is before it, for the eye.
            ("prod/\u{301}web.yml", "/prod/\u{301}web"), ("prod/a/\u{301}b.c/web.\u{301}yml", "/prod/a/\u{301}b.c/web"),
            ("other.yml", "/other#NAME"), ("plain/x.yml", nil), ("nowhere.yml", nil),
        ] as [(String, String?)])
    func scopes(file: String, scope: String?) throws {
        let repository = ConfigRepository(
            root: "/repo", settings: try Settings.parse(Array(RepositoryTests.settings.utf8)))
        #expect(try repository.scope(for: file)?.description == scope)
    }

    @Test("a file whose place makes no scope is an error with the way out")
    func badScope() throws {
        let repository = ConfigRepository(
            root: "/repo", settings: try Settings.parse(Array(RepositoryTests.settings.utf8)))
        let error = #expect(throws: SecretaryError.self) { try repository.scope(for: "prod/a#b.yml") }
        #expect(error?.code == .configuration)
        #expect(error?.hint == "rename the file, or change scope: /prod/{path} in .secretary.yaml")
    }

    @Test("names files from its root, also new ones and by way of links")
    func relative() throws {
        try scratch.makeFolder("prod")
        #expect(unsafe symlink("prod", scratch["link"].string) == 0)
        let repository = ConfigRepository(root: scratch.path, settings: Settings())
        #expect(repository.relativePath(of: scratch["prod/new.yml"]) == "prod/new.yml")
        #expect(repository.relativePath(of: scratch["link/new.yml"]) == "prod/new.yml")
        #expect(repository.relativePath(of: scratch["prod/../prod/./x"]) == "prod/x")
        #expect(repository.relativePath(of: scratch["prod/.."]) == "")
        #expect(repository.relativePath(of: "/etc/passwd") == nil)
        #expect(repository.relativePath(of: scratch["missing/x"]) == nil)
    }
}
