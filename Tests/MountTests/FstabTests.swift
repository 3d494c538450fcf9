import SystemPackage
import TestSupport
import Testing

extension MountTests {
    /// Lines of fstab(5), mounted by mount(8): in a namespace where the helper is installed.
    @Suite("A mount by fstab")
    struct Fstab {
        /// Puts the helper, and FUSE's own, where mount(8) looks for helpers; `$M` is the mountpoint, `fstab` a file of the repo.
        static let installing = """
            # In a chroot "/" is no mount that could be made private.
            mount --make-rprivate / 2>/dev/null || true
            folder=$OUT/../sbin
            mkdir "$folder"
            for name in mount.fuse.secretary mount.secretary; do ln -s "$(command -v secretaryctl)" "$folder/$name"; done
            cp /usr/sbin/mount.fuse3 "$folder"
            mount --bind "$folder" /usr/sbin

            """

        private func run(_ repo: TestRepo, _ script: String) async throws -> CommandResult {
            try await repo.run(
                "unshare",
                ["--mount", "--propagation", "unchanged", "sh", "-euc", Self.installing + script])
        }

        private func makeRepo(_ repo: TestRepo, fstab: String) throws {
            let keys = "keys: { master: keys/master-private-key.pem, config: keys/config-public-key.pem }"
            try repo.write(
                ".secretary.yaml", "version: 1\nformat: hpke\n\(keys)\nviews: { web: { source: web.yml } }\n")
            try repo.write("web.yml", "password: \(try repo.seal("s3cret"))\n")
            try repo.write("fstab", fstab)
        }

        @Test(
            "mount -a mounts what is not mounted yet, also by FUSE's own helper; umount ends it",
            arguments: [
                "/web.yml MOUNTPOINT fuse.secretary mode=0440,uid=33,nofail,noatime,x-systemd.automount 0 0",
                " MOUNTPOINT secretary view=web,mode=0440,uid=33,allow_other,_netdev 0 0",
            ])
        func lines(_ line: String) async throws {
            try await TestRepo.with { repo in
                let line = line.replacing("MOUNTPOINT", with: repo.mountpoint.string)
                try makeRepo(repo, fstab: "\(repo.root)\(line)\n")
                let script = """
                    cd /
                    mount -a -T "$REPO/fstab"
                    cat "$M/password"; echo; stat -c %a,%u "$M/password"
                    mount -a -T "$REPO/fstab"
                    grep -c " $M " /proc/self/mountinfo
                    umount "$M"
                    mount -f -T "$REPO/fstab" "$M"
                    ! mountpoint -q "$M"
                    """
                let result = try await run(repo, script)
                #expect(result.text == "s3cret\n440,33\n1\n" && result.status == 0, "\(result.errors)")
            }
        }

        @Test("mount -t fuse3 finds the helper by its name in the source")
        func fuse3() async throws {
            try await TestRepo.with { repo in
                try makeRepo(repo, fstab: "")
                let script = """
                    cd /
                    mount -t fuse3 "mount.secretary#$REPO" "$M" -o view=web
                    cat "$M/password"; umount "$M"
                    """
                let result = try await run(repo, script)
                #expect(result.text == "s3cret" && result.status == 0, "\(result.errors)")
            }
        }

        @Test(
            "systemd mounts such a line and unmounts it; the mount outlives its worker, and nothing outlives the mount",
            .enabled(if: SystemdMachine.canRun, "needs systemd and version 2 of cgroups"))
        func systemd() async throws {
            try await TestRepo.with { repo in
                try makeRepo(repo, fstab: "")
                // What systemd-fstab-generator makes of a line.
                try repo.write(
                    "../units/run-web.mount",
                    "[Mount]\nWhat=/etc/secretary\nWhere=/run/web\nType=fuse.secretary\nOptions=view=web,nofail\n")
                let helpers = repo.place.appending("sbin")
                try repo.makeFolder(helpers)
                try await Command.check(
                    "ln", ["-s", "/run/programs/bin/secretaryctl", helpers.appending("mount.fuse.secretary").string])
                try await SystemdMachine.with(repo) { machine in
                    #expect(try await machine.run("mount", ["--bind", helpers.string, "/usr/sbin"]).status == 0)
                    try await machine.control("start", "run-web.mount")
                    let file = machine["/run/web"].appending("password").string
                    #expect(try await repo.run("cat", [file]).text == "s3cret")
                    #expect(try await machine.properties("run-web.mount")["What"] == "/etc/secretary")
                    // Numbers of processes are the machine's.
                    let worker = try await machine.run("pgrep", ["--full", "--newest", "secretaryctl mount --worker"])
                        .text
                    #expect(try await machine.run("kill", ["-KILL", String(worker.dropLast())]).status == 0)
                    #expect(try await repo.run("cat", [file]).text == "s3cret")
                    try await machine.control("stop", "run-web.mount")
                    #expect(try await machine.properties("run-web.mount")["Result"] == "success")
                    #expect(try await machine.run("mountpoint", ["--quiet", "/run/web"]).status != 0)
                    try await eventually("the server ends") {
                        try await machine.run("pgrep", ["secretaryctl"]).text.isEmpty
                    }
                }
            }
        }

        @Test(
            "what cannot be mounted is refused with the reason",
            arguments: [
                ("$REPO/web.yml", "nonsense=1", 64, "--nonsense"), ("$REPO/web.yml", "view=nothing", 66, "nothing"),
                ("web.yml", "mode=0440", 64, "\"web.yml\" is no absolute path"),
                ("$REPO/web.yml", "remount", 64, "remount"), ("$REPO/a,b.yml", "ro", 64, "without commas"),
                ("$REPO/missing.yml", "ro", 66, "missing.yml"),
            ])
        func refused(_ source: String, _ options: String, _ status: Int32, _ reason: String) async throws {
            try await TestRepo.with { repo in
                try makeRepo(repo, fstab: "")
                let script = "cd /; exec mount.fuse.secretary \"\(source)\" \"$M\" -o \(options) -t fuse.secretary"
                let result = try await run(repo, script)
                #expect(result.status == status && result.errors.contains(reason), "\(result.errors)")
            }
        }
    }
}
