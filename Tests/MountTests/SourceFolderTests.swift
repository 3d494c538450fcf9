import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// How a mount follows changes of more than a file.
    @Suite("The folders and settings of a source change")
    struct SourceFolders {
        @Test("settings are followed; wrong ones keep what was there before, also while they are written")
        func settings() async throws {
            func settings(_ mode: String) -> String {
                """
                version: 1
                unscoped: deny
                views: { web: { source: app.yml, app: /web, files: [{ match: key, mode: "\(mode)" }] } }

                """
            }
            try await TestRepo.with(settings: settings("0400")) { repo in
                let unscoped = try repo.seal("x")
                try repo.write("app.yml", "key: \(try repo.seal("v", scope: "/web"))\nunscoped: \(unscoped)\n")
                let mount = try await Mount(repo, ".", ["--view", "web"], at: repo.mountpoint)
                #expect(try mount.status(of: "key").st_mode & 0o777 == 0o400)
                try repo.write(".secretary.yaml", settings("0440"))
                try await eventually("another mode") { try mount.status(of: "key").st_mode & 0o777 == 0o440 }
                try repo.write(".secretary.yaml", settings("0440") + "unknown: key\n")
                try await mount.becomes("outdated", because: ".secretary.yaml:4:1: ")
                #expect(try mount.text("key") == "v")
                try repo.write(".secretary.yaml", settings("0444"))
                try await mount.becomes("current")
                #expect(try mount.status(of: "key").st_mode & 0o777 == 0o444)

                // Without its end the file would be valid, and allow what it denies.
                let file = try FileDescriptor.open(
                    repo.root.appending(".secretary.yaml"), .writeOnly, options: [.truncate, .closeOnExec])
                try file.writeAll("version: 1\n".utf8)
                try repo.write("app.yml", "key: \(try repo.seal("w", scope: "/web"))\nunscoped: \(unscoped)\n")
                try await stays(for: .milliseconds(300)) {
                    try await repo.attempt("open", mount["unscoped"]) == "open: EACCES"
                }
                try file.writeAll(settings("0400").dropFirst("version: 1\n".utf8.count).utf8)
                try file.close()
                try await mount.shows("key", "w")
                #expect(try mount.status(of: "key").st_mode & 0o777 == 0o400)
                #expect(try await repo.attempt("open", mount["unscoped"]) == "open: EACCES")
                try await mount.end(#_sourceLocation)
            }
        }

        @Test("another branch that git checks out is shown as a whole")
        func checkout() async throws {
            try await TestRepo.with { repo in
                func plant(_ generation: String, _ folders: [String]) throws {
                    for folder in folders {
                        let values = (0..<20).map { Sample("key\($0)", "\(generation) \($0)") }
                        try repo.plant(values, in: "conf/\(folder)/app.yml", place: nil)
                    }
                }
                let git = "git -c user.name=x -c user.email=x@y -c init.defaultBranch=old -c advice.detachedHead=false"
                try plant("old", ["a", "b", "c/d"])
                _ = try await checked(
                    repo.shell(
                        "\(git) init -q .; git add conf; \(git) commit -qm old; git checkout -qb new; git rm -rq conf"))
                try plant("new", ["a", "c/e", "f"])
                _ = try await checked(repo.shell("git add conf; \(git) commit -qm new"))
                try await repo.mounted("conf") { mount in
                    let new = try mount.everything()
                    #expect(new.count == 60 && new["c/e/app.yml/key7"] == "new 7")
                    _ = try await checked(repo.shell("git checkout -q old"))
                    try await eventually("the old branch") { (try? mount.everything()["b/app.yml/key7"]) == "old 7" }
                    try await eventually("all of it") {
                        guard let old = try? mount.everything() else { return false }
                        return old.count == 60 && old.values.allSatisfy { $0.hasPrefix("old") }
                    }
                    _ = try await checked(repo.shell("git checkout -q new"))
                    try await mount.shows(new)
                    try await mount.becomes("current")
                }
            }
        }

        @Test("a source that is moved away stays as it was, and is followed again when it is back")
        func movedAway() async throws {
            try await TestRepo.with { repo in
                try repo.plant([Sample("key", "old")], in: "conf/deep/app.yml", place: nil)
                try await repo.mounted("conf") { mount in
                    let away = repo.place.appending("away")
                    for (round, folder) in [repo.root.appending("conf"), repo.root.appending("conf"), repo.root]
                        .enumerated()
                    {
                        let before = try mount.everything()
                        try #require(unsafe rename(folder.string, away.string) == 0)
                        try await mount.becomes("outdated", because: "No such file")
                        #expect(try mount.everything() == before)
                        try #require(unsafe rename(away.string, folder.string) == 0)
                        try await mount.becomes("current")
                        try repo.plant([Sample("key", "new \(round)")], in: "conf/deep/app.yml", place: nil)
                        try await mount.shows("deep/app.yml/key", "new \(round)")
                    }
                }
            }
        }

        @Test("a thousand files that are replaced at once arrive, each whole")
        func thousandFiles() async throws {
            try await TestRepo.with { repo in
                let make = """
                    mkdir -p $TARGET; i=0
                    while [ $i -lt 1000 ]; do
                        printf 'a: %s\\nb: "%s"\\n' "$NACL" "$HPKE" >$TARGET/$i.yml; i=$((i + 1))
                    done
                    """
                for (generation, folder) in [("old", "conf"), ("new", "next")] {
                    let secret = Array("\(generation)\n".utf8)
                    let envelopes = ["NACL": try repo.seal(secret, as: .nacl), "HPKE": try repo.seal(secret)]
                    let target = ["TARGET": folder].merging(envelopes) { $1 }
                    _ = try await checked(repo.shell(make, environment: target))
                }
                // How often which line is there.
                let count = "find $M/*.yml -type f -exec cat {} + | sort | uniq -c | tr -s ' '"
                try await repo.mounted("conf") { mount in
                    #expect(try await checked(repo.shell(count)).text == " 2000 old\n")
                    for number in 0..<1000 {
                        let (next, present) = (
                            repo.root.appending("next/\(number).yml"), repo.root.appending("conf/\(number).yml")
                        )
                        try #require(unsafe rename(next.string, present.string) == 0)
                    }
                    try await eventually("all are new") { try await checked(repo.shell(count)).text == " 2000 new\n" }
                }
            }
        }

        @Test("when more happens than the kernel can tell, nothing is missed")
        func overflow() async throws {
            try await TestRepo.with { repo in
                let limit = try #require(
                    Int(
                        String(decoding: try Scratch.read("/proc/sys/fs/inotify/max_queued_events"), as: UTF8.self)
                            .dropLast()))
                try repo.plant([Sample("key", "old")], in: "conf/deep/app.yml", place: nil)
                try await repo.mounted("conf") { mount in
                    #expect(try mount.text("deep/app.yml/key") == "old")
                    // What the server does not take it cannot miss: it is stopped while the queue fills.
                    try mount.worker.signal(SIGSTOP)
                    defer { try? mount.worker.signal(SIGCONT) }
                    let (one, other) = (repo.root.appending("conf/one"), repo.root.appending("conf/two"))
                    try repo.write("conf/one", "x")
                    for _ in 0...limit / 4 {
                        try #require(
                            unsafe rename(one.string, other.string) == 0 && rename(other.string, one.string) == 0)
                    }
                    // Among what the kernel leaves out is the end of a folder that is watched.
                    _ = try await checked(repo.run("rm", ["-r", repo.root.appending("conf/deep").string]))
                    try repo.plant([Sample("key", "new")], in: "conf/deep/app.yml", place: nil)
                    try mount.worker.signal(SIGCONT)
                    try await mount.shows("deep/app.yml/key", "new")
                    try repo.plant([Sample("key", "newer")], in: "conf/deep/app.yml", place: nil)
                    try await mount.shows("deep/app.yml/key", "newer")
                }
            }
        }

        @Test("a source behind symbolic links is followed when one of them leads elsewhere")
        func links() async throws {
            try await TestRepo.with { repo in
                for release in ["1", "2"] {
                    try repo.plant([Sample("key", release)], in: "releases/\(release)/conf/app.yml", place: nil)
                }
                // As deployments do (current -> releases/1), and Kubernetes does (app.yml -> ..data/app.yml).
                func link(_ target: String, _ name: String) throws {
                    let staged = repo.place.appending("staging/link").string
                    try #require(
                        unsafe symlink(target, staged) == 0 && rename(staged, repo.root.appending(name).string) == 0)
                }
                try link("releases/1", "current")
                try link("current/conf/app.yml", "app.yml")
                for source in ["current/conf", "current/conf/app.yml", "app.yml"] {
                    try link("releases/1", "current")
                    let name = source == "current/conf" ? "app.yml/key" : "key"
                    try await repo.mounted(source) { mount in
                        #expect(try mount.text(name) == "1")
                        try link("releases/2", "current")
                        try await mount.shows(name, "2")
                        try link("releases/1", "current")
                        try await mount.shows(name, "1")
                    }
                }
            }
        }
    }
}

/// Holds all the time for a while.
private func stays(for time: Duration, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + time
    repeat { try #require(try await condition()) } while ContinuousClock.now < end
}

/// A command that has to succeed.
private func checked(_ result: CommandResult) throws -> CommandResult {
    guard result.status == 0 else { throw MountFailure("exited \(result.status): \(result.errors)") }
    return result
}
