/// The process's arguments as the bytes that they are.
enum ProcessArguments {
    /// The last `count` arguments, still where the kernel put them.
    static func last(_ count: Int) -> [UnsafeMutablePointer<CChar>] {
        let total = Int(CommandLine.argc)
        return unsafe (max(total - count, 0)..<total).compactMap { unsafe CommandLine.unsafeArgv[$0] }
    }
}
