internal import CLinux
internal import Glibc
package import SystemPackage

/// The service manager that started this program, if one did: systemd's readiness protocol and its store of descriptors
/// (sd_notify(3), sd_listen_fds(3), "File descriptor store" in systemd.service(5)).
package struct ServiceManager: Sendable {
    private let address: String

    /// The one named in the environment; `nil` when there is none.
    package init?() {
        guard let address = unsafe getenv("NOTIFY_SOCKET").map({ unsafe String(cString: $0) }),
            address.hasPrefix("/") || address.hasPrefix("@")
        else { return nil }
        self.address = address
    }

    /// The descriptors that it handed over when it started this program, with their names: sockets that it listens at, and
    /// what an earlier run of the service has left in the store.
    ///
    /// The variables that tell of them are removed: a program started by this one must not take them for its own.
    /// - Throws: `.usage` when one of them is not open: whoever announced it would wait for this program in vain. None is
    ///   taken then.
    package static func takeDescriptors() throws(SecretaryError) -> [(name: String, descriptor: FileDescriptor)] {
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsafe unsetenv(name) } }
        guard let pid = variable("LISTEN_PID").flatMap({ pid_t($0) }), pid == getpid(),
            let count = variable("LISTEN_FDS").flatMap({ Int32($0) }), count > 0
        else { return [] }
        // All are looked at before any is taken: of a wrong number, those that are open belong to somebody in this process.
        let numbers = 3..<(3 + Int(count))
        if let missing = numbers.first(where: { fcntl(Int32($0), F_GETFD) < 0 }) {
            throw SecretaryError(
                .usage, "LISTEN_FDS=\(count) was given, and descriptor \(missing) is not open",
                hint: "whoever starts this program has to let it inherit them (sd_listen_fds(3))")
        }
        let names = (variable("LISTEN_FDNAMES") ?? "").split(separator: ":", omittingEmptySubsequences: false)
        var taken: [(name: String, descriptor: FileDescriptor)] = []
        for (index, number) in numbers.enumerated() {
            let descriptor = FileDescriptor(rawValue: Int32(number))
            let copy: FileDescriptor
            do throws(Errno) {
                copy = try descriptor.duplicateAboveStandard()
            } catch {
                throw SecretaryError(
                    .io, "descriptor \(number), which the service manager handed over, cannot be moved: \(error)",
                    hint: "see the limit of open files (ulimit -n, LimitNOFILE=)")
            }
            try? descriptor.close()
            taken.append((index < names.count ? String(names[index]) : "", copy))
        }
        return taken
    }

    /// Tells the state of the service, as `READY=1`.
    package func notify(_ assignments: String...) {
        // What follows a line break would be another assignment.
        let lines = assignments.map { $0.split(separator: "\n").joined(separator: " ") }
        send(lines.joined(separator: "\n"), [])
    }

    /// Puts a descriptor into the store, from which the next run of the service gets it.
    package func store(_ descriptor: FileDescriptor, as name: String) {
        send("FDSTORE=1\nFDNAME=\(name)", [descriptor])
    }

    /// Takes a descriptor out of the store.
    package func forget(_ name: String) {
        send("FDSTOREREMOVE=1\nFDNAME=\(name)", [])
    }

    private func send(_ text: String, _ descriptors: [FileDescriptor]) {
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return }
        defer { close(socket) }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        // A name that begins with @ is in the abstract namespace, written with a NUL instead.
        let name = Array((address.hasPrefix("@") ? "\0" + address.dropFirst() : address[...]).utf8)
        let isFitting = unsafe withUnsafeMutableBytes(of: &target.sun_path) { room in
            guard name.count < room.count else { return false }
            unsafe room.copyBytes(from: name)
            return true
        }
        guard isFitting else { return }
        let size = unsafe socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path).unsafelyUnwrapped + name.count)
        let connected = unsafe withUnsafePointer(to: &target) { target in
            unsafe target.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(socket, $0, size) }
        }
        guard connected == 0 else { return }
        let numbers = descriptors.map(\.rawValue)
        let bytes = Array(text.utf8)
        // A manager that does not listen is none of the mount's business.
        _ = unsafe clinux_send(socket, bytes, bytes.count, numbers, numbers.count)
    }

    private static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
