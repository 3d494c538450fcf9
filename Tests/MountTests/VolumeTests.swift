import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// One mount of many volumes, which come and go.
    @Suite("Volumes")
    struct Volumes {
        @Test("each is a folder with its own part, layout, identity, owner and mode")
        func options() async throws {
            let views = "version: 1\nformat: hpke\nviews: {web: {source: app.yml, select: web}}\n"
            try await TestRepo.with(settings: views) { repo in
                let secret = try repo.seal("hunter2", scope: "/prod/web")
                try repo.write("app.yml", "web:\n  key: \(secret)\nplain: text\n")
                try repo.define("all-of-it", ["source": "app.yml"])
                try repo.define(
                    "selected", ["source": "app.yml", "select": "web", "mode": "0440", "uid": "33", "gid": "44"])
                try repo.define("whole", ["source": "app.yml", "layout": "files"])
                try repo.define("viewed", ["source": ".", "view": "web", "app": "/prod/web/1"])
                try repo.define("foreign", ["source": repo.root.appending("app.yml").string, "app": "/prod/db"])
                try await repo.volumesMounted("--mode", "0444") { mount in
                    #expect(try mount.text("all-of-it/web/key") == "hunter2")
                    #expect(try mount.text("selected/key") == "hunter2")
                    #expect(try mount.text("whole/app.yml") == "web:\n  key: hunter2\nplain: text\n")
                    #expect(try mount.text("viewed/key") == "hunter2")
                    #expect(throws: Errno.permissionDenied) { try mount.text("foreign/web/key") }
                    let status = try mount.status(of: "selected/key")
                    #expect(status.st_mode & 0o777 == 0o440 && status.st_uid == 33 && status.st_gid == 44)
                    #expect(try mount.status(of: "whole/app.yml").st_mode & 0o777 == 0o444)
                    #expect(try await mount.status().string("source") == "volumes of \(repo.root)/volumes")
                }
            }
        }

        @Test("a new one, a change of its source, and its end are seen within a tenth of a second")
        func follow() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("hunter2"))\n")
                try await repo.volumesMounted { mount in
                    #expect(try Scratch.list(mount.path) == [".secretary"])
                    func takes(_ what: String, _ change: () throws -> Void, until: () throws -> Bool) async throws {
                        let began = ContinuousClock.now
                        try change()
                        try await eventually(what, until)
                        // The benchmarks measure. A file that is taken for one that somebody is writing takes two seconds.
                        #expect(ContinuousClock.now - began < .milliseconds(1900), "\(what)")
                    }
                    try await takes("a new volume") {
                        try repo.define("web", ["source": "app.yml"])
                    } until: {
                        try mount.text("web/key") == "hunter2"
                    }
                    try await takes("a changed value") {
                        try repo.write("app.yml", "key: \(try repo.seal("hunter3"))\n")
                    } until: {
                        try mount.text("web/key") == "hunter3"
                    }
                    try await takes("a changed option") {
                        try repo.define("web", ["source": "app.yml", "mode": "0444"])
                    } until: {
                        try mount.status(of: "web/key").st_mode & 0o777 == 0o444
                    }
                    let open = try FileDescriptor.open(mount["web/key"], .readOnly)
                    defer { try? open.close() }
                    try await takes("the end of a volume") {
                        _ = unsafe unlink(repo.root.appending("volumes/web.json").string)
                    } until: {
                        try Scratch.list(mount.path) == [".secretary"]
                    }
                    // Who has a file open goes on reading it.
                    var bytes = [UInt8](repeating: 0, count: 16)
                    let count = try unsafe bytes.withUnsafeMutableBytes { try unsafe open.read(into: $0) }
                    #expect(String(decoding: bytes[..<count], as: UTF8.self) == "hunter3")
                }
            }
        }

        @Test(
            "only what changed is read again, and nothing is missed: in place, in a new folder, by a link that is switched"
        )
        func changes() async throws {
            try await TestRepo.with { repo in
                for (folder, text) in [("a", "one"), ("b", "two")] {
                    try repo.write("\(folder)/x.yml", "key: \(try repo.seal(text))\n")
                }
                #expect(try await repo.shell("ln -s a $REPO/now").status == 0)
                try repo.define("linked", ["source": "now/x.yml"])
                try repo.define("folder", ["source": "a"])
                try repo.define("other", ["source": "b"])
                try await repo.volumesMounted { mount in
                    #expect(try mount.text("linked/key") == "one")
                    let inPlace = "key: \(try repo.seal("three"))"
                    #expect(try await repo.shell("echo '\(inPlace)' >$REPO/a/x.yml").status == 0)
                    try await mount.shows("linked/key", "three")
                    try await mount.shows("folder/x.yml/key", "three")
                    try repo.write("a/sub/y.yml", "key: \(try repo.seal("four"))\n")
                    try await mount.shows("folder/sub/y.yml/key", "four")
                    try repo.write("a/sub/y.yml", "key: \(try repo.seal("five"))\n")
                    try await mount.shows("folder/sub/y.yml/key", "five")
                    #expect(try await repo.shell("ln -s b $REPO/next; mv -T $REPO/next $REPO/now").status == 0)
                    try await mount.shows("linked/key", "two")
                    try repo.write("b/x.yml", "key: \(try repo.seal("six"))\n")
                    try await mount.shows("linked/key", "six")
                    try await mount.shows("other/x.yml/key", "six")
                    #expect(try mount.text("folder/x.yml/key") == "three")
                    try await mount.becomes("current")
                }
            }
        }

        @Test("one that is broken keeps its files, says why, and disturbs no other")
        func broken() async throws {
            try await TestRepo.with { repo in
                let secret = try repo.seal("hunter2")
                try repo.write("web.yml", "key: \(secret)\n")
                try repo.write("db.yml", "key: \(secret)\n")
                try repo.write("long.yml", "\(String(repeating: "a", count: 300)): \(secret)\n")
                try repo.define("long", ["source": "long.yml"])
                try repo.define("web", ["source": "web.yml"])
                try repo.define("db", ["source": "db.yml"])
                try repo.define("nowhere", ["source": "missing.yml"])
                try repo.write("volumes/typo.json", "{\"options\": {\"sorce\": \"web.yml\"}}")
                try repo.write("volumes/half.json", "{\"options\": ")
                try repo.write("volumes/README", "not a volume")
                try await repo.volumesMounted { mount in
                    #expect(try Scratch.list(mount.path).sorted() == [".secretary", "db", "web"])
                    var status = try await mount.status()
                    #expect(try status.string("state") == "outdated")
                    for reason in [
                        "gives a file name of more than 255 bytes", "has an unknown option \\\"sorce\\\"",
                        "did you mean \\\"source\\\"?", "half.json:1:13:", "missing.yml",
                    ] {
                        #expect(status.text.contains(reason), "\(reason) in \(status.text)")
                    }
                    try repo.write("web.yml", "key: [\n")
                    try repo.write("db.yml", "key: \(try repo.seal("hunter3"))\n")
                    try await mount.shows("db/key", "hunter3")
                    #expect(try mount.text("web/key") == "hunter2")
                    status = try await mount.status()
                    #expect(status.text.contains("\"state\": \"missing\"") && status.text.contains("web.yml:2:"))
                    // What turns up later is shown, without anybody being told.
                    try repo.write("missing.yml", "late: \(secret)\n")
                    try await mount.shows("nowhere/late", "hunter2")
                    for name in ["typo", "half", "long"] {
                        _ = unsafe unlink(repo.root.appending("volumes/\(name).json").string)
                    }
                    try repo.write("web.yml", "key: \(try repo.seal("hunter4"))\n")
                    try await mount.shows("web/key", "hunter4")
                    try await mount.becomes("current")
                    // Its definition alone is broken: the files stay, and follow their source no more.
                    try repo.write("volumes/web.json", "{")
                    try await mount.becomes("outdated", because: "web.json:1:")
                    #expect(try mount.text("web/key") == "hunter4")
                    // Another one of the same name has nothing of it.
                    try repo.define("web", ["source": "elsewhere.yml"], created: 1_000_000_000)
                    try await mount.shows("web/key", nil)
                    #expect(try mount.text("db/key") == "hunter3")
                }
            }
        }

        @Test("keys are those of the volume: nothing opens with another's, or from the environment")
        func keys() async throws {
            try await TestRepo.with { repo in
                let other = try PrivateKey.generate()
                try KeyFiles.write([("other", other)], in: repo.root.appending("keys"))
                let bytes = try unsafe SecretBytes(count: 6) { unsafe $0.copyBytes(from: Array("theirs".utf8)) }
                let sealed = try HPKESealer(masterKey: other.publicKey, configKey: repo.configKey).seal(
                    bytes, scope: nil)
                try repo.write("ours.yml", "key: \(try repo.seal("ours"))\n")
                try repo.write("theirs.yml", "key: \(String(decoding: sealed.text, as: UTF8.self))\n")
                try repo.define("ours", ["source": "ours.yml"])
                try repo.define("theirs", ["source": "theirs.yml", "deploy-key-file": "other-private-key.pem"])
                try repo.define("wrong", ["source": "theirs.yml"])
                try repo.define("none", ["source": "ours.yml", "deploy-key-file": "later.pem"])
                try await repo.volumesMounted { mount in
                    #expect(try mount.text("ours/key") == "ours")
                    #expect(try mount.text("theirs/key") == "theirs")
                    #expect(try Scratch.list(mount.path).sorted() == [".secretary", "ours", "theirs"])
                    let status = try await mount.status()
                    #expect(status.text.contains("no key at hand opens any of the 1 envelopes"))
                    #expect(status.text.contains("later.pem"))
                    // A key that turns up later is taken.
                    let key = try Scratch.read(repo.root.appending("keys/master-private-key.pem"))
                    try repo.write("keys/later.pem", key)
                    _ = unsafe chmod(repo.root.appending("keys/later.pem").string, 0o600)
                    try await mount.shows("none/key", "ours")
                }
            }
        }

        @Test("a key that is exchanged is followed; while it is broken, gone or too early, the one before goes on")
        func otherKeys() async throws {
            try await TestRepo.with { repo in
                func key(_ name: String) throws { try repo.writeKey("web.pem", repo.readKey(name)) }
                let other = try PrivateKey.generate()
                try KeyFiles.write([("other", other)], in: repo.root.appending("keys"))
                func sealed(_ text: String) throws -> String {
                    let bytes = Array(text.utf8)
                    let plaintext = try unsafe SecretBytes(count: bytes.count) { unsafe $0.copyBytes(from: bytes) }
                    let envelope = try HPKESealer(masterKey: other.publicKey, configKey: repo.configKey).seal(
                        plaintext, scope: nil)
                    return String(decoding: envelope.text, as: UTF8.self)
                }
                try key("master")
                try repo.write("web.yml", "key: \(try repo.seal("ours"))\n")
                try repo.define("web", ["source": "web.yml", "deploy-key-file": "web.pem"])
                try await repo.volumesMounted { mount in
                    #expect(try mount.text("web/key") == "ours")
                    try key("other")
                    try await mount.becomes("outdated", because: "volume web: no key at hand opens any")
                    #expect(try mount.text("web/key") == "ours")
                    try repo.write("web.yml", "key: \(try sealed("theirs"))\n")
                    try await mount.shows("web/key", "theirs")
                    try await mount.becomes("current")

                    try repo.writeKey("web.pem", Array("no key".utf8))
                    try await mount.becomes("outdated", because: "web.pem")
                    try repo.write("web.yml", "key: \(try sealed("more of theirs"))\n")
                    try await mount.shows("web/key", "more of theirs")
                    try await mount.becomes("outdated", because: "web.pem")
                    _ = unsafe unlink(repo.root.appending("keys/web.pem").string)
                    try await mount.becomes("outdated", because: "web.pem: No such file")
                    #expect(try mount.text("web/key") == "more of theirs")
                    try key("other")
                    try await mount.becomes("current")
                }
            }
        }

        @Test("the mount's cache policy holds for all: a volume that wants another one is refused")
        func cache() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("hunter2"))\n")
                try repo.define("same", ["source": "app.yml", "cache": "resident", "readers": "any"])
                try repo.define("other", ["source": "app.yml", "cache": "strict", "readers": "any"])
                try repo.define("guarded", ["source": "app.yml"])
                try await repo.volumesMounted("--cache", "resident") { mount in
                    #expect(try Scratch.list(mount.path).sorted() == [".secretary", "same"])
                    let status = try await mount.status()
                    #expect(status.text.contains("it wants cache=strict, and the mount has --cache resident"))
                    #expect(status.text.contains("readers=mounted cannot be kept with --cache resident"))
                }
            }
        }

        @Test("killed and upgraded, the mount goes on with all of them")
        func survival() async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "key: \(try repo.seal("hunter2"))\n")
                for number in 10..<60 { try repo.define("v\(number)", ["source": "app.yml"]) }
                // A debug build takes seconds to read them again.
                try await repo.volumesMounted("--deadline", "60") { mount in
                    let open = try FileDescriptor.open(mount["v42/key"], .readOnly)
                    defer { try? open.close() }
                    try mount.worker.signal(SIGKILL)
                    for number in 10..<60 { #expect(try mount.text("v\(number)/key") == "hunter2") }
                    try await repo.upgrade(mount)
                    try repo.define("new", ["source": "app.yml"])
                    try await mount.shows("new/key", "hunter2")
                    var bytes = [UInt8](repeating: 0, count: 16)
                    let count = try unsafe bytes.withUnsafeMutableBytes { try unsafe open.read(into: $0) }
                    #expect(String(decoding: bytes[..<count], as: UTF8.self) == "hunter2")
                }
            }
        }

        @Test("one whose source hangs keeps nobody from reading it, and no other from being followed")
        func hanging() async throws {
            try await TestRepo.with { repo in
                let inner = "key: \(try repo.seal("hunter2"))\n"
                try repo.write("outer.yml", "app.yml: \(try repo.seal(inner))\n")
                try repo.write("app.yml", inner)
                let elsewhere = repo.place.appending("elsewhere")
                try repo.makeFolder(elsewhere)
                let outer = try await Mount(repo, "outer.yml", [], at: elsewhere)
                try repo.define("hangs", ["source": elsewhere.appending("app.yml").string])
                try await repo.volumesMounted { mount in
                    try await mount.shows("hangs/key", "hunter2")
                    try outer.server.signal(SIGSTOP)
                    try outer.worker.signal(SIGSTOP)
                    defer {
                        try? outer.server.signal(SIGCONT)
                        try? outer.worker.signal(SIGCONT)
                    }
                    for name in ["first", "second"] {
                        try repo.define(name, ["source": "app.yml"])
                        try await mount.shows("\(name)/key", "hunter2")
                    }
                    #expect(try mount.text("hangs/key") == "hunter2")
                    try await mount.becomes("outdated", because: "volume hangs: the source has not answered since ")
                    try outer.server.signal(SIGCONT)
                    try outer.worker.signal(SIGCONT)
                    try await mount.becomes("current")
                }
                try await outer.end(#_sourceLocation)
            }
        }

        @Test("the command line refuses what belongs to volumes, and a folder that is not there")
        func commandLine() async throws {
            try await TestRepo.with { repo in
                let path = repo.mountpoint.string
                for (options, message) in [
                    (["--volumes", "volumes", "app.yml"], "takes a mountpoint only"),
                    (["--volumes", "volumes", "--select", "a"], "do not go with --volumes"),
                    (["--volumes", "volumes", "--app", "/a"], "do not go with --volumes"),
                    (["--volumes", "volumes", "--secretary-url", "http://a"], "do not go with --volumes"),
                    (["--keys", "keys", "app.yml"], "--keys is for --volumes"),
                    (["--sources", ".", "app.yml"], "--sources is for --volumes"),
                    (["--docker-socket", "/run/docker.sock", "app.yml"], "is for an audit log"),
                ] {
                    let result = try await repo.run("secretaryctl", ["mount"] + options + [path])
                    #expect(result.status == 64 && result.errors.contains(message), "\(result.errors)")
                }
                let result = try await repo.secretaryctl("mount", "--volumes", "nowhere", path)
                #expect(result.status == 66 && result.errors.contains("nowhere"), "\(result.errors)")
            }
        }
    }
}
