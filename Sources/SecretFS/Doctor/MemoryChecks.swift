internal import SecretaryCore

/// Where plaintext could get to from memory.
enum MemoryChecks {
    static func locking(_ machine: Machine) -> Finding {
        let check = "locked memory"
        guard let limit = machine.memoryLimit else { return .ok(check, "as much as is needed can be locked") }
        if machine.isRoot { return .ok(check, "root's mounts raise the limit for themselves") }
        guard limit >= LockedMemory.sensibleLimit else {
            return .warning(
                check, "only \(limit >> 10) KiB can be locked: secrets beyond that can be written to swap",
                fix: "raise ulimit -l, LimitMEMLOCK= of the systemd unit, or memlock in /etc/security/limits.conf")
        }
        return .ok(check, "\(limit >> 10) KiB can be locked, about \(limit / 4096) secrets at a time")
    }

    static func swap(_ machine: Machine) -> Finding {
        let check = "swap"
        let devices = (machine.text("/proc/swaps") ?? "").split(separator: "\n").dropFirst().compactMap {
            $0.split(separator: " ", maxSplits: 1).first.map(String.init)
        }
        // Compressed memory; nothing gets to a disk.
        let onDisk = devices.filter { !$0.hasPrefix("/dev/zram") }
        guard !onDisk.isEmpty else {
            return .ok(check, devices.isEmpty ? "there is none" : "it is in memory (zram)")
        }
        return .warning(
            check, "what programs have read of secrets can be written to \(onDisk.joined(separator: ", "))",
            fix: "encrypt it with a key that is new at each start (crypttab(5), option swap), or do without: swapoff -a"
        )
    }

    static func cores(_ machine: Machine) -> Finding {
        let check = "core dumps"
        let pattern = machine.line("/proc/sys/kernel/core_pattern")
        guard pattern.hasPrefix("|") else {
            return .ok(check, "written to files, where limits allow it; never of SecretFS itself")
        }
        let handler = pattern.dropFirst().split(separator: " ").first ?? ""
        return .warning(
            check, "given to \(handler), whatever their limits: it stores the secrets of readers that crash",
            fix: "let the readers run with LimitCORE=0 and a handler that honours it, or turn the handler's storage off"
        )
    }

    static func tracing(_ machine: Machine) -> Finding {
        let check = "ptrace"
        if let scope = machine.number("/proc/sys/kernel/yama/ptrace_scope"), scope > 0 {
            return .ok(check, "programs cannot look into others of the same user (ptrace_scope \(scope))")
        }
        return .warning(
            check, "programs can look into others of the same user, and read the secrets that those have read",
            fix: "as root: sysctl kernel.yama.ptrace_scope=1, if the kernel has Yama; or users of their own for readers"
        )
    }
}
