/// Who makes a request, as the kernel says with it.
struct Caller: Sendable, Hashable {
    let uid: UInt32
    let gid: UInt32
    /// Number of the thread in our pid namespace; 0 when it has none there.
    let thread: Int32
}
