import SecretaryCore
import Synchronization

@testable import SecretFS

/// A kernel that only writes down what it is told.
final class RecordingKernel: KernelCache {
    enum Message: Hashable {
        case store(Inode, count: Int)
        case drop(Inode)
        case remove(String, Inode)
        case forget(String)
    }

    private let log = Mutex<[Message]>([])

    /// What it was told since it was last asked.
    func takeMessages() -> [Message] {
        log.withLock { log in
            defer { log = [] }
            return log
        }
    }

    private func note(_ message: Message) { log.withLock { $0.append(message) } }

    func store(_ plaintext: borrowing SecretBytes, in inode: Inode) { note(.store(inode, count: plaintext.count)) }
    func drop(_ inode: Inode) { note(.drop(inode)) }
    func remove(_ name: [UInt8], of inode: Inode, from parent: Inode) {
        note(.remove(String(decoding: name, as: UTF8.self), inode))
    }
    func forget(_ name: [UInt8], in parent: Inode) { note(.forget(String(decoding: name, as: UTF8.self))) }
}
