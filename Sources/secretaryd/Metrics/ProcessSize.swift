import SystemPackage

/// What the kernel says of this process's memory.
enum ProcessSize {
    /// Bytes in memory (`/proc/self/statm`, proc(5)).
    static var residentBytes: Int? {
        guard let file = unsafe try? FileDescriptor.open("/proc/self/statm", .readOnly, options: .closeOnExec) else {
            return nil
        }
        defer { try? file.close() }
        var text = [UInt8](repeating: 0, count: 128)
        guard let count = try? unsafe text.withUnsafeMutableBytes({ try unsafe file.read(into: $0) }) else {
            return nil
        }
        let words = String(decoding: text[..<count], as: UTF8.self).split(separator: " ")
        return words.count > 1 ? Int(words[1]).map { $0 * 4096 } : nil
    }
}
