internal import CFuse3
internal import Synchronization

/// The requests that were taken from the kernel and not answered yet.
///
/// They are read straight into memory that outlives the process: whichever way it dies, its successor finds there what it
/// owes. A slot is taken from the moment in which the kernel writes a request to it, and free again when its answer has
/// been sent: the length in the request's header, its first field, says which (`struct fuse_in_header`).
@safe final class RequestJournal: Sendable {
    /// Bytes of a slot: the least that the kernel accepts to write to (`FUSE_MIN_READ_BUFFER`).
    static let slotSize = 8192
    /// More requests than this cannot wait for their answers at the same time; a slot that was never used takes no memory.
    static let slotCount = 1024
    static let size = slotSize * slotCount

    private let memory: SharedMemory
    private let offset: Int
    /// The slots into which threads of this process read.
    private let readers = Mutex<Set<Int>>([])
    /// Slots from here on were never used.
    private let end = Atomic(0)

    /// - Parameter offset: where the slots begin.
    init(in memory: SharedMemory, at offset: Int) {
        self.memory = memory
        self.offset = offset
        for slot in 0..<Self.slotCount where length(of: slot) > 0 { end.store(slot + 1, ordering: .relaxed) }
    }

    /// The memory of a slot.
    subscript(slot: Int) -> UnsafeMutableRawBufferPointer {
        let start = offset + slot * Self.slotSize
        return unsafe UnsafeMutableRawBufferPointer(rebasing: memory.bytes[start..<start + Self.slotSize])
    }

    /// A free slot to read into, until `giveBack`; `nil` when too many requests wait for their answers.
    func take() -> Int? {
        readers.withLock { readers in
            let free = (0..<Self.slotCount).first { !readers.contains($0) && length(of: $0) == 0 }
            guard let free else { return nil }
            readers.insert(free)
            if free >= end.load(ordering: .relaxed) { end.store(free + 1, ordering: .releasing) }
            return free
        }
    }

    /// No thread reads into the slot any more; it stays taken while the request in it has no answer.
    func giveBack(_ slot: Int) {
        readers.withLock { _ = $0.remove(slot) }
    }

    /// The slots with requests that have no answer.
    var unanswered: [Int] {
        (0..<Self.slotCount).filter { length(of: $0) > 0 }
    }

    /// The length of the request in a slot; 0 when it is free.
    func length(of slot: Int) -> Int {
        unsafe Int(lengthField(slot).pointee.load(ordering: .acquiring))
    }

    /// The header of the request in a slot.
    func header(of slot: Int) -> fuse_in_header {
        unsafe self[slot].load(as: fuse_in_header.self)
    }

    /// Marks a slot as free.
    func clear(_ slot: Int) {
        unsafe lengthField(slot).pointee.store(0, ordering: .releasing)
    }

    /// Marks the slot as free that holds the request with this number.
    func clear(answered unique: UInt64) {
        for slot in 0..<end.load(ordering: .acquiring)
        where length(of: slot) > 0 && header(of: slot).unique == unique {
            clear(slot)
        }
    }

    private func lengthField(_ slot: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        let start = unsafe memory.bytes.baseAddress.unsafelyUnwrapped + offset + slot * Self.slotSize
        return unsafe start.assumingMemoryBound(to: Atomic<UInt32>.self)
    }
}

extension fuse_in_header {
    /// Whether the kernel waits for an answer.
    var expectsAnswer: Bool {
        ![FUSE_FORGET, FUSE_BATCH_FORGET, FUSE_INTERRUPT].contains { $0.rawValue == opcode }
    }
}
