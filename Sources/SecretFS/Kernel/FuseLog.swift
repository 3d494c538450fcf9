internal import CFuse3
internal import Glibc
internal import Synchronization

/// libfuse's messages: kept for our own errors instead of printed.
enum FuseLog {
    private static let message = Mutex("")

    /// The last message, without its line end; a general one when libfuse said nothing.
    static var last: String {
        message.withLock { $0.isEmpty ? "libfuse gives no reason" : $0 }
    }

    /// Takes over libfuse's messages.
    ///
    /// They never hold content of files.
    static func install() {
        unsafe fuse_set_log_func { _, format, arguments in
            guard let format = unsafe format, let arguments = unsafe arguments else { return }
            let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
                guard let base = buffer.baseAddress else { return "" }
                unsafe vsnprintf(base, buffer.count, format, arguments)
                return unsafe String(cString: base)
            }
            FuseLog.message.withLock { $0 = String(text.split(separator: "\n").joined(separator: " ")) }
        }
    }
}
