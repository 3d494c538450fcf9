internal import SecretaryCore

/// Whether this user can mount.
enum MountChecks {
    static func device(_ machine: Machine) -> Finding {
        guard let error = machine.deviceError else { return .ok("fuse device", "/dev/fuse can be opened") }
        return .problem("fuse device", error.message, fix: error.hint)
    }

    static func fusermount(_ machine: Machine) -> Finding {
        let check = "fusermount3"
        if machine.isRoot { return .ok(check, "not needed: root mounts without it") }
        guard let (path, isPrivileged) = machine.fusermount else {
            return .problem(
                check, "not installed, and only root can mount without it",
                fix: "install the package fuse3 (apt-get install fuse3)")
        }
        guard isPrivileged else {
            return .problem(
                check, "\(path) has no rights to mount: it is not a set-user-id program of root",
                fix: "as root: chown root \(path) && chmod 4755 \(path)")
        }
        return .ok(check, "\(path) is a set-user-id program of root")
    }

    static func allowOther(_ machine: Machine) -> Finding {
        let check = "user_allow_other"
        if machine.isRoot { return .ok(check, "not needed: root may always admit other users") }
        if FuseConfiguration.allowsOthers(machine.text(FuseConfiguration.path) ?? "") {
            return .ok(check, "mount --allow-other is possible")
        }
        return .warning(
            check, "mount --allow-other is not possible: \(FuseConfiguration.path) does not say user_allow_other",
            fix: "if other users are to read the files, as root: echo user_allow_other >> \(FuseConfiguration.path)")
    }

    static func control(_ machine: Machine) -> Finding {
        let check = "fusectl"
        let table = MountTable(text: machine.text("/proc/self/mountinfo") ?? "")
        if table.entries.contains(where: { $0.type == "fusectl" }) {
            return .ok(check, "connections can be seen and aborted below /sys/fs/fuse/connections")
        }
        return .warning(
            check, "not mounted: a mount that hangs cannot be looked at or aborted by hand",
            fix: "as root: mount -t fusectl none /sys/fs/fuse/connections")
    }

    /// One finding for each mount that does not answer; one for all when they do.
    static func mounts(_ machine: Machine) -> [Finding] {
        let check = "mounts"
        let table = MountTable(text: machine.text("/proc/self/mountinfo") ?? "")
        let places = Set(table.entries.filter { $0.type == MountTable.secretFSType }.map(\.mountpoint)).sorted()
        let troubled = places.compactMap { place -> Finding? in
            switch machine.probe(place) {
            case .alive: return nil
            case .foreign: return nil
            case .dead:
                return .problem(
                    check, "\(place) has lost its server: readers get 'Transport endpoint is not connected'",
                    fix: "secretaryctl unmount \(place), and mount again")
            case .silent:
                return .problem(
                    check, "\(place) does not answer",
                    fix: "see whether its secretaryctl is stopped (ps -C secretaryctl); "
                        + "as root, umount --force \(place) frees its readers")
            }
        }
        if !troubled.isEmpty { return troubled }
        let answer = places.count == 1 ? "the one SecretFS mount answers" : "\(places.count) SecretFS mounts answer"
        return [.ok(check, places.isEmpty ? "there are no SecretFS mounts" : answer)]
    }
}
