/// What the kernel can do.
enum KernelChecks {
    static func version(_ machine: Machine) -> Finding {
        let check = "kernel"
        let release = machine.line("/proc/sys/kernel/osrelease")
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return .warning(check, "its version is unknown", fix: nil) }
        guard (numbers[0], numbers[1]) >= (6, 9) else {
            return .warning(
                check, "Linux \(release) cannot repeat requests: what a killed server had taken and not answered fails",
                fix: "Linux 6.9 or newer")
        }
        return .ok(check, "Linux \(release) repeats what a killed server had not answered")
    }

    static func landlock(_ machine: Machine) -> Finding {
        guard machine.landlockVersion > 0 else {
            return .warning(
                "landlock", "not there: only the filter of system calls keeps servers from changing files",
                fix: "add landlock to the kernel's parameter lsm=")
        }
        return .ok("landlock", "version \(machine.landlockVersion)")
    }

    static func filters(_ machine: Machine) -> Finding {
        let actions = machine.text("/proc/sys/kernel/seccomp/actions_avail") ?? ""
        guard actions.contains("kill_process") else {
            return .warning(
                "seccomp", "not there: servers are not limited to the system calls they need",
                fix: "a kernel with CONFIG_SECCOMP_FILTER")
        }
        return .ok("seccomp", "servers can be limited to the system calls they need")
    }

    static func namespaces(_ machine: Machine) -> Finding {
        let check = "user namespaces"
        if machine.isRoot { return .ok(check, "not needed: root needs none for exec --mount") }
        guard let obstacle = namespaceObstacle(machine) else { return .ok(check, "exec --mount is possible") }
        return .warning(check, "exec --mount is for root only: \(obstacle.reason)", fix: obstacle.fix)
    }

    /// What keeps ordinary users from having namespaces of their own; systems have different ways.
    static func namespaceObstacle(_ machine: Machine) -> (reason: String, fix: String)? {
        switch machine.number("/proc/sys/user/max_user_namespaces") {
        case nil: return ("the kernel has no user namespaces", "a kernel with CONFIG_USER_NS")
        case 0: return ("user.max_user_namespaces is 0", "as root: sysctl user.max_user_namespaces=10000")
        default: break
        }
        if machine.number("/proc/sys/kernel/unprivileged_userns_clone") == 0 {
            return ("kernel.unprivileged_userns_clone is 0", "as root: sysctl kernel.unprivileged_userns_clone=1")
        }
        if machine.number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1 {
            return (
                "AppArmor restricts user namespaces",
                "an AppArmor profile for secretaryctl with 'userns,', or as root: "
                    + "sysctl kernel.apparmor_restrict_unprivileged_userns=0"
            )
        }
        return nil
    }

    static func inotify(_ machine: Machine) -> Finding {
        let instances = machine.number("/proc/sys/fs/inotify/max_user_instances") ?? 0
        let watches = machine.number("/proc/sys/fs/inotify/max_user_watches") ?? 0
        // Each mount has one, and a watch for each folder of its source; the kernel's own values are from here on.
        guard instances >= 128, watches >= 8192 else {
            return .warning(
                "inotify",
                "\(instances) instances and \(watches) watches a user are few: mounts need one each, "
                    + "and a watch for each folder",
                fix: "as root: sysctl fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=65536")
        }
        return .ok("inotify", "\(instances) mounts and \(watches) folders a user can be watched")
    }
}
