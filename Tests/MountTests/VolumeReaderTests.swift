import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// A volume opens where it is mounted.
    @Suite("Readers of volumes")
    struct VolumeReaders {
        /// Lends two volumes `web` and `db`, which everybody's permissions admit, and `open` for any reader.
        private func mounted(
            _ options: [String] = [], _ body: (TestRepo, Mount) async throws -> Void
        ) async throws {
            try await TestRepo.with { repo in
                try repo.write(
                    "app.yml", "key: \(try repo.seal("hunter2"))\ntls:\n  key: \(try repo.seal("hunter3"))\n")
                for name in ["web", "db"] { try repo.define(name, ["source": "app.yml", "mode": "0444"]) }
                try repo.define("open", ["source": "app.yml", "mode": "0444", "readers": "any"])
                try repo.makeFolder(repo.place.appending("run"))
                try repo.makeFolder(repo.root.appending("volumes"))
                let volumes = ["--volumes", "volumes", "--sources", ".", "--keys", "keys"]
                let mount = try await Mount(repo, nil, volumes + options, at: repo.mountpoint)
                do {
                    try await body(repo, mount)
                } catch {
                    _ = try await repo.secretaryctl("unmount", "--lazy", mount.path.string)
                    throw error
                }
                try await mount.end(#_sourceLocation)
            }
        }

        /// Runs a script in a mount namespace of its own, as a container has one; `$R` is an empty folder.
        private func apart(_ repo: TestRepo, _ script: String) async throws -> CommandResult {
            try await repo.run(
                "unshare", ["--mount", "--propagation", "private", "sh", "-euc", script],
                environment: ["R": repo.place.appending("run").string])
        }

        @Test("where the volumes were mounted, permissions decide, as with any mount")
        func host() async throws {
            try await mounted { (repo, mount) async throws in
                for account in [Account.root, .nobody, .stranger] {
                    #expect(try await mount.read("web/key", as: account).text == "hunter2")
                }
            }
        }

        @Test("elsewhere it opens only with a mount of its folder, or of something in it")
        func elsewhere() async throws {
            try await mounted { (repo, mount) async throws in
                // All of them are mounted there, too, and paths lead to them.
                for (mounts, opens, refused) in [
                    (":", [], ["web/key", "web/tls/key", "db/key"]),
                    ("mount --bind $M $R", [], ["web/key", "db/key"]),
                    ("mount --bind $M/web $R", ["web/key", "web/tls/key"], ["db/key"]),
                    ("mount --bind $M/web/tls $R", ["web/key", "web/tls/key"], ["db/key"]),
                    ("mount --bind $M/db $R; mount --bind $M/open $R", ["db/key"], ["web/key"]),
                    ("mount --bind $M/web/key $OUT/file", ["web/key"], ["db/key"]),
                    ("mount --bind $M/web $R; mount -t tmpfs none $R", ["web/key"], ["db/key"]),
                ] {
                    _ = try await repo.shell("touch $OUT/file")
                    for name in opens + ["open/key"] {
                        let result = try await apart(repo, "\(mounts); cat $M/\(name)")
                        #expect(result.text.hasPrefix("hunter"), "\(mounts): \(name): \(result.errors)")
                    }
                    for name in refused {
                        let result = try await apart(repo, "\(mounts); attempt read $M/\(name)")
                        #expect(result.text == "open: EACCES\n", "\(mounts): \(name): \(result.text)\(result.errors)")
                        // Names and sizes are no secret.
                        #expect(try await apart(repo, "\(mounts); stat -c %s $M/\(name)").text == "7\n")
                    }
                }
                #expect(try await mount.status().text.contains("volume web is not mounted where the reader is"))
            }
        }

        @Test("what counts is where the reader is, not how it came by the file")
        func descriptors() async throws {
            try await mounted { repo, mount in
                // An open folder that came from elsewhere.
                let inherited = try await apart(repo, "exec 3<$M/web; umount -l $M; attempt read /proc/self/fd/3/key")
                #expect(inherited.text == "open: EACCES\n")
                // As in a container: nothing but the volume, and another root.
                let script = """
                    mount -t tmpfs none $R
                    for folder in usr bin lib lib64 proc; do mkdir $R/$folder; mount --rbind /$folder $R/$folder; done
                    mkdir $R/secrets
                    mount --bind \(mount.path)/VOLUME $R/secrets
                    cd $R
                    mkdir old
                    pivot_root . old
                    umount -l old
                    cat /secrets/key
                    """
                for volume in ["web", "db"] {
                    let result = try await apart(repo, script.replacing("VOLUME", with: volume))
                    #expect(result.text == "hunter2", "\(result.errors)")
                }
                // Another user namespace is another mount namespace, too.
                let user = try await repo.run(
                    "unshare", ["--user", "--map-root-user", "--mount", "cat", mount["web/key"].string])
                #expect(user.errors.contains("Permission denied"))
            }
        }

        @Test("a volume that is taken away from a namespace counts for a second, and given again at once")
        func changes() async throws {
            try await mounted { repo, mount in
                let script = """
                    attempt read $M/web/key
                    mount --bind $M/web $R; read line <$M/web/key || echo "$line"
                    umount $R; sleep 1.5; read line <$M/web/key || echo refused
                    mount --bind $M/web $R; read line <$M/web/key || echo "$line"
                    """
                let result = try await apart(repo, script)
                #expect(result.text == "open: EACCES\nhunter2\nrefused\nhunter2\n", "\(result.errors)")
            }
        }

        @Test("after its server was killed or replaced the mount still knows itself")
        func survival() async throws {
            try await mounted { repo, mount in
                try mount.worker.signal(SIGKILL)
                #expect(try await apart(repo, "mount --bind $M/web $R; cat $R/key").text == "hunter2")
                #expect(try await apart(repo, "cat $M/web/key").errors.contains("Permission denied"))
                try await repo.upgrade(mount)
                #expect(try await apart(repo, "mount --bind $M/web $R; cat $R/key").text == "hunter2")
                #expect(try await apart(repo, "cat $M/web/key").errors.contains("Permission denied"))
            }
        }
    }
}
