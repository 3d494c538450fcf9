import Glibc

/// How many descriptors, and so connections, this process may have (getrlimit(2)).
enum DescriptorLimit {
    /// Those that are not connections: files, sockets that listen, pipes of event loops, connections to back ends.
    private static let reserved = 200

    /// Raises the limit as far as it may be.
    /// - Returns: how many connections there may be.
    static func raise() -> Int {
        var limits = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard unsafe getrlimit(resource, &limits) == 0 else { return .max }
        limits.rlim_cur = limits.rlim_max
        _ = unsafe setrlimit(resource, &limits)
        return max(1, Int(clamping: limits.rlim_cur) - reserved)
    }
}
