internal import Glibc
internal import SecretaryCore
internal import Synchronization

/// The reports that readers have in hand: the last few, each as it was given out.
///
/// They are kept in the memory of the mount, too, so that whoever reads one while the worker dies reads on.
@safe final class ReportShelf: Sendable {
    private struct Copy {
        let report: Report
        /// The thread that looked it up, 0 when it is not known.
        let reader: pid_t
        let node: Node
        let given: ContinuousClock.Instant
        /// Where it is in the memory of the mount.
        let slot: Int
    }

    static let slotCount = 16
    /// A longer report is not kept in the memory of the mount.
    static let slotSize = 8192
    static let size = slotCount * slotSize

    /// The oldest first.
    private let copies = Mutex<[Copy]>([])
    private let memory: (memory: SharedMemory, offset: Int)?

    /// - Parameter memory: where the copies go, and those of workers before this one are.
    init(in memory: (memory: SharedMemory, offset: Int)? = nil) {
        self.memory = memory
    }

    /// Learns what workers before this one have given out; called when none of them serves any more.
    func takeOver() {
        guard let memory else { return }
        let former = (0..<Self.slotCount).compactMap { slot in
            unsafe Self.decode(Self.slot(slot, of: memory)).map {
                Copy(report: $0.report, reader: $0.reader, node: $0.node, given: .now, slot: slot)
            }
        }
        copies.withLock {
            $0 = former.sorted { $0.node.attributes.modified < $1.node.attributes.modified }
        }
    }

    /// The copy that this reader was given a moment ago: `cp` and others, which look a file up, and once more to open it,
    /// refuse one that was replaced in between.
    ///
    /// Somebody else, or the same a moment later, gets a new one.
    func recent(_ report: Report, for reader: pid_t?) -> Node? {
        let now = ContinuousClock.now
        return copies.withLock { copies in
            copies.last {
                $0.report == report && $0.reader == reader && now - $0.given < .milliseconds(500)
            }?.node
        }
    }

    /// A report that was given out, by its number.
    subscript(inode: Inode) -> Node? {
        copies.withLock { copies in copies.last { $0.node.inode == inode }?.node }
    }

    func add(_ node: Node, as report: Report, for reader: pid_t?) {
        copies.withLock { copies in
            let free = (0..<Self.slotCount).first { slot in !copies.contains { $0.slot == slot } }
            let slot = free ?? copies.removeFirst().slot
            copies.append(Copy(report: report, reader: reader ?? 0, node: node, given: .now, slot: slot))
            if let memory { unsafe Self.encode(node, report, reader ?? 0, to: Self.slot(slot, of: memory)) }
        }
    }

    // MARK: In memory: the length of the text, or 0; inode, time, owner, group, reader, which report; the text

    private static let textOffset = 48

    private static func slot(
        _ number: Int, of memory: (memory: SharedMemory, offset: Int)
    ) -> UnsafeMutableRawBufferPointer {
        let start = memory.offset + number * slotSize
        return unsafe UnsafeMutableRawBufferPointer(rebasing: memory.memory.bytes[start..<start + slotSize])
    }

    private static func count(in slot: UnsafeMutableRawBufferPointer) -> UnsafeMutablePointer<Atomic<Int>> {
        unsafe slot.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Atomic<Int>.self)
    }

    private static func encode(_ node: Node, _ report: Report, _ reader: pid_t, to slot: UnsafeMutableRawBufferPointer)
    {
        unsafe count(in: slot).pointee.store(0, ordering: .releasing)
        guard case .text(let text) = node.body, text.count <= slotSize - textOffset else { return }
        unsafe slot.storeBytes(of: node.inode.rawValue, toByteOffset: 8, as: UInt64.self)
        unsafe slot.storeBytes(of: node.attributes.modified, toByteOffset: 16, as: Int64.self)
        unsafe slot.storeBytes(of: node.attributes.owner, toByteOffset: 24, as: UInt32.self)
        unsafe slot.storeBytes(of: node.attributes.group, toByteOffset: 28, as: UInt32.self)
        unsafe slot.storeBytes(of: reader, toByteOffset: 32, as: Int32.self)
        unsafe slot.storeBytes(of: report == .status ? 0 : 1, toByteOffset: 36, as: Int32.self)
        unsafe UnsafeMutableRawBufferPointer(rebasing: slot[textOffset...]).copyBytes(from: text)
        unsafe count(in: slot).pointee.store(text.count, ordering: .releasing)
    }

    private static func decode(
        _ slot: UnsafeMutableRawBufferPointer
    ) -> (report: Report, reader: pid_t, node: Node)? {
        let count = unsafe count(in: slot).pointee.load(ordering: .acquiring)
        guard count > 0, count <= slotSize - textOffset else { return nil }
        let text = unsafe Array(slot[textOffset..<textOffset + count])
        let attributes = unsafe Attributes(
            mode: Report.mode, owner: slot.load(fromByteOffset: 24, as: UInt32.self),
            group: slot.load(fromByteOffset: 28, as: UInt32.self), size: count,
            modified: slot.load(fromByteOffset: 16, as: Int64.self))
        let inode = unsafe Inode(rawValue: slot.load(fromByteOffset: 8, as: UInt64.self))
        return unsafe (
            slot.load(fromByteOffset: 36, as: Int32.self) == 0 ? .status : .generation,
            slot.load(fromByteOffset: 32, as: Int32.self),
            Node(inode: inode, attributes: attributes, body: .text(text))
        )
    }
}
