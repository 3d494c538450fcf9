/// Where a process stands in the hierarchy of control groups, and the container that this makes it part of.
public struct ControlGroup: Sendable, Hashable {
    /// From the root of the hierarchy, as `/system.slice/nginx.service`.
    public let path: String
    /// What the container is called: an id of 64 hexadecimal digits, or the name of a machine.
    ///
    /// Below a user's own service manager the user can name groups as it likes; such a container is `user@1000/ID`, and
    /// never taken for one of the system.
    public var container: String? { Self.container(in: path) }

    public init(path: String) {
        self.path = path
    }

    /// - Parameter text: what `/proc/PID/cgroup` holds (cgroups(7)): a line `NUMBER:CONTROLLERS:PATH` for each hierarchy.
    /// - Returns: `nil` when there is no such line.
    public init?(parsing text: String) {
        var paths: [(rank: Int, path: Substring)] = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            // The unified hierarchy; without it, or where nobody uses it, that of systemd; else any.
            let rank = fields[0] == "0" && fields[1].isEmpty ? 0 : fields[1] == "name=systemd" ? 1 : 2
            // The root says nothing: where both versions are mounted, one of them usually leaves everybody there.
            paths.append((fields[2] == "/" ? rank + 3 : rank, fields[2]))
        }
        guard let best = paths.min(by: { $0.rank < $1.rank }) else { return nil }
        self.path = String(best.path)
    }

    // MARK: Containers

    /// The outermost container in a path: what is inside one can make groups below its own, and name them as it likes.
    private static func container(in path: String) -> String? {
        var user = ""
        var parent: Substring = ""
        for part in path.split(separator: "/") {
            if part.hasPrefix("user@"), part.hasSuffix(".service") { user = part.dropLast(".service".count) + "/" }
            if let name = name(part, in: parent) { return user + name }
            parent = part
        }
        return nil
    }

    private static func name(_ part: Substring, in parent: Substring) -> String? {
        switch parent {
        case "machine.slice":
            // systemd-nspawn, libvirt.
            if let name = part.between("machine-", ".scope") ?? part.between("systemd-nspawn@", ".service") {
                return unescaped(name)
            }
        case "lxc", "lxc.payload", "mesos": return String(part)
        case "": if let name = part.between("lxc.payload.", "") { return String(name) }
        default: break
        }
        return identifier(part)
    }

    /// Docker, Podman, containerd, CRI-O: `docker-ID.scope`, `libpod-ID`, or just the id, as below `/docker` and in pods.
    ///
    /// Podman's and CRI-O's monitors (`libpod-conmon-ID`) are not in the container.
    private static func identifier(_ part: Substring) -> String? {
        let name = part.hasSuffix(".scope") ? part.dropLast(".scope".count) : part
        let id = name.suffix(identifierCount)
        guard id.utf8.count == identifierCount,
            id.utf8.allSatisfy({ digit in
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= digit
            })
        else { return nil }
        let engine = name.dropLast(identifierCount)
        // containerd under one cgroup driver and Kubernetes under the other: `kubepods-podUID.slice:cri-containerd:ID`.
        let isEngine = engine.isEmpty || engines.contains(engine) || engine.hasSuffix(":cri-containerd:")
        return isEngine ? String(id) : nil
    }

    private static let identifierCount = 64
    private static let engines: Set<Substring> = [
        "docker-", "libpod-", "libpod-payload-", "cri-containerd-", "crio-", "nerdctl-",
    ]

    /// systemd writes what cannot stand in the name of a unit as `\x2d`.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"),
                let escaped = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(escaped)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Substring {
    /// What stands between a beginning and an end that are both there; `nil` when there is nothing.
    fileprivate func between(_ beginning: String, _ end: String) -> Substring? {
        guard hasPrefix(beginning), hasSuffix(end), utf8.count > beginning.utf8.count + end.utf8.count else {
            return nil
        }
        return dropFirst(beginning.count).dropLast(end.count)
    }
}
