import SecretaryCore
import Testing

@testable import SecretFS

@Suite("Doctor")
struct DoctorTests {
    /// A machine on which all is well for an ordinary user.
    private static func machine(_ texts: [String: String] = [:], isRoot: Bool = false) -> Machine {
        let healthy = [
            "/etc/fuse.conf": "# comment\nuser_allow_other\n",
            "/proc/self/mountinfo": "30 29 0:27 / /sys/fs/fuse/connections rw - fusectl fusectl rw\n",
            "/proc/sys/kernel/osrelease": "6.12.3-arch1-1\n",
            "/proc/sys/user/max_user_namespaces": "1000\n",
            "/proc/sys/kernel/seccomp/actions_avail": "kill_process kill_thread trap errno\n",
            "/proc/sys/fs/inotify/max_user_instances": "128\n",
            "/proc/sys/fs/inotify/max_user_watches": "65536\n",
            "/proc/swaps": "Filename\tType\tSize\n",
            "/proc/sys/kernel/core_pattern": "core\n",
            "/proc/sys/kernel/yama/ptrace_scope": "1\n",
        ].merging(texts) { $1 }
        return Machine(
            isRoot: isRoot, text: { healthy[$0] }, deviceError: nil, fusermount: ("/usr/bin/fusermount3", true),
            memoryLimit: 8 << 20, landlockVersion: 4, probe: { _ in .alive })
    }

    private static func found(_ check: String, on machine: Machine) throws -> Finding {
        try #require(Doctor.examine(machine).first { $0.check == check })
    }

    @Test("a machine on which all is well", arguments: [true, false])
    func healthy(isRoot: Bool) {
        #expect(Doctor.examine(Self.machine(isRoot: isRoot)).allSatisfy { $0.level == .ok && $0.fix == nil })
    }

    @Test(
        "what a file of the machine says",
        arguments: [
            ("user_allow_other", "/etc/fuse.conf", "#user_allow_other\n", "echo user_allow_other >>"),
            ("fusectl", "/proc/self/mountinfo", "", "mount -t fusectl"),
            ("kernel", "/proc/sys/kernel/osrelease", "6.8.12-generic\n", "6.9"),
            ("kernel", "/proc/sys/kernel/osrelease", "5.15\n", "6.9"),
            ("user namespaces", "/proc/sys/user/max_user_namespaces", "0\n", "sysctl user.max_user_namespaces="),
            ("user namespaces", "/proc/sys/kernel/unprivileged_userns_clone", "0\n", "sysctl kernel.unprivileged"),
            ("user namespaces", "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", "AppArmor profile"),
            ("seccomp", "/proc/sys/kernel/seccomp/actions_avail", "trap errno\n", "CONFIG_SECCOMP_FILTER"),
            ("inotify", "/proc/sys/fs/inotify/max_user_instances", "16\n", "max_user_instances="),
            ("swap", "/proc/swaps", "Filename Type\n/dev/sda2  partition 1 0 -2\n", "swapoff -a"),
            ("core dumps", "/proc/sys/kernel/core_pattern", "|/usr/lib/systemd/systemd-coredump %P\n", "LimitCORE=0"),
            ("ptrace", "/proc/sys/kernel/yama/ptrace_scope", "0\n", "ptrace_scope=1"),
        ])
    func warnings(check: String, file: String, text: String, fix: String) throws {
        let finding = try Self.found(check, on: Self.machine([file: text]))
        #expect(finding.level == .warning)
        #expect(finding.fix?.contains(fix) ?? false, "\(finding)")
    }

    @Test(
        "fuse.conf is read as fusermount3 reads it",
        arguments: [
            ("user_allow_other # for backups\n", true), ("\tuser_allow_other\t\n", true),
            ("mount_max = 9\r\nuser_allow_other\r\n", true), ("user_allow_other#\n", true),
            ("user_allow_others\n", false), ("user_allow_other yes\n", false), ("", false),
        ])
    func fuseConfiguration(text: String, allows: Bool) {
        #expect(FuseConfiguration.allowsOthers(text) == allows)
    }

    @Test("compressed memory is no swap, and the newest kernels are new enough")
    func harmless() throws {
        #expect(try Self.found("swap", on: Self.machine(["/proc/swaps": "F\n/dev/zram0 partition 1\n"])).level == .ok)
        #expect(try Self.found("kernel", on: Self.machine(["/proc/sys/kernel/osrelease": "7.0.0"])).level == .ok)
        #expect(try Self.found("kernel", on: Self.machine(["/proc/sys/kernel/osrelease": "6.10"])).level == .ok)
    }

    @Test("what an ordinary user cannot mount without")
    func mounting() throws {
        var machine = Self.machine()
        machine.fusermount = ("/opt/fusermount3", false)
        #expect(try Self.found("fusermount3", on: machine).fix?.contains("chmod 4755 /opt/fusermount3") ?? false)
        machine.fusermount = nil
        #expect(try Self.found("fusermount3", on: machine).level == .problem)
        machine.isRoot = true
        #expect(try Self.found("fusermount3", on: machine).level == .ok)
        machine.deviceError = SecretaryError(.mount, "cannot use /dev/fuse: gone", hint: "modprobe fuse")
        #expect(
            try Self.found("fuse device", on: machine)
                == .problem("fuse device", "cannot use /dev/fuse: gone", fix: "modprobe fuse"))
    }

    @Test("memory that cannot be locked, and a kernel without Landlock")
    func limits() throws {
        var machine = Self.machine()
        machine.memoryLimit = 64 << 10
        let finding = try Self.found("locked memory", on: machine)
        #expect(finding.level == .warning && finding.reason.contains("64 KiB"))
        machine.memoryLimit = nil
        #expect(try Self.found("locked memory", on: machine).level == .ok)
        machine.landlockVersion = -1
        #expect(try Self.found("landlock", on: machine).level == .warning)
    }

    @Test("each mount that does not answer is named, and no other")
    func mounts() {
        let table = """
            40 29 0:50 / /run/alive ro - fuse.secretfs secretary ro
            41 29 0:51 / /run/dead ro - fuse.secretfs secretary ro
            42 29 0:52 / /run/silent ro - fuse.secretfs secretary ro
            43 29 0:53 / /run/foreign ro - fuse.secretfs secretary ro
            44 29 0:54 / /mnt rw - ext4 /dev/sda1 rw

            """
        var machine = Self.machine(["/proc/self/mountinfo": table])
        machine.probe = { place in
            switch place {
            case "/run/dead": .dead
            case "/run/silent": .silent
            case "/run/foreign": .foreign
            default: .alive
            }
        }
        let found = Doctor.examine(machine).filter { $0.check == "mounts" }
        #expect(found.map(\.level) == [.problem, .problem])
        #expect(found[0].reason.hasPrefix("/run/dead ") && found[1].reason.hasPrefix("/run/silent "))
        #expect(found[0].fix?.hasPrefix("secretaryctl unmount /run/dead") ?? false)
    }
}
