internal import Synchronization

/// Records that wait to be written, in memory that outlives the process which puts them there.
///
/// It has two halves: one is added to while the other is written. A record counts from the moment in which the half's size is
/// stored, so that a process may be killed at any time. Its number says whether it is in the file: the state of the chain counts
/// the records that come from here.
@safe public final class AuditBacklog: @unchecked Sendable {  // its users order their accesses: one adds, one writes
    private let memory: UnsafeMutableRawBufferPointer
    /// Keeps the memory where it is.
    private let owner: any Sendable
    /// The number of the next record.
    private var next: UInt64 = 0

    private static let halfSize = 1 << 20
    public static let size = 64 + 2 * halfSize

    /// Offsets of numbers; memory that is new holds zeroes.
    private enum Offset {
        /// Which half is added to.
        static let adding = 0
        /// How many bytes of each half are in use.
        static let used = 8
        static let identifier = 24
        static let halves = 64
    }

    /// Before the members of each record: its number, its time, how many bytes they are, and the event.
    private static let headSize = 24

    /// - Parameters:
    ///   - memory: `size` bytes, aligned to 8.
    ///   - owner: keeps the memory.
    public init(in memory: UnsafeMutableRawBufferPointer, of owner: any Sendable) {
        precondition(memory.count == Self.size)
        unsafe self.memory = unsafe memory
        self.owner = owner
        if identifier == 0 {
            unsafe number(at: Offset.identifier).pointee.store(.random(in: 1 ... .max), ordering: .releasing)
        }
    }

    /// Tells it from every other one.
    var identifier: UInt64 {
        unsafe UInt64(bitPattern: Int64(number(at: Offset.identifier).pointee.load(ordering: .acquiring)))
    }

    /// Whether nothing waits.
    var isEmpty: Bool { used(0) == 0 && used(1) == 0 }

    private func number(at offset: Int) -> UnsafeMutablePointer<Atomic<Int>> {
        unsafe (memory.baseAddress.unsafelyUnwrapped + offset).assumingMemoryBound(to: Atomic<Int>.self)
    }

    private var adding: Int { unsafe number(at: Offset.adding).pointee.load(ordering: .acquiring) & 1 }

    private func used(_ half: Int) -> Int {
        unsafe min(number(at: Offset.used + 8 * half).pointee.load(ordering: .acquiring), Self.halfSize)
    }

    private func setUsed(_ half: Int, _ count: Int) {
        unsafe number(at: Offset.used + 8 * half).pointee.store(count, ordering: .releasing)
    }

    private func content(_ half: Int) -> UnsafeMutableRawBufferPointer {
        unsafe memory.part(Offset.halves + half * Self.halfSize, Self.halfSize)
    }

    // MARK: Adding

    /// Adds a record; it is there when this returns, whoever is killed then.
    /// - Parameter members: what the record says, beside its time and event.
    /// - Returns: `false` when there is no room.
    func add(_ event: AuditEvent, at time: Int64, _ members: AuditText) -> Bool {
        let (half, count) = (adding, members.bytes.count)
        let start = used(half)
        let size = Self.headSize + Self.aligned(count)
        guard start + size <= Self.halfSize else { return false }
        let record = unsafe content(half).part(start, size)
        unsafe record.storeBytes(of: next, as: UInt64.self)
        unsafe record.storeBytes(of: time, toByteOffset: 8, as: Int64.self)
        unsafe record.storeBytes(of: UInt32(count), toByteOffset: 16, as: UInt32.self)
        unsafe record.storeBytes(of: event.code, toByteOffset: 20, as: UInt32.self)
        unsafe record.part(Self.headSize, count).copyBytes(from: members.bytes)
        setUsed(half, start + size)
        next += 1
        return true
    }

    private static func aligned(_ count: Int) -> Int { (count + 7) & ~7 }

    // MARK: Writing

    /// Goes on behind what another process has left.
    /// - Parameter written: how many records from here are in the file.
    func begin(after written: UInt64) {
        next = written
        for half in 0..<2 { unsafe forEach(in: half) { number, _, _, _ in next = max(next, number + 1) } }
    }

    /// Lets the oldest records be written; not while somebody adds one.
    /// - Returns: whether there are any.
    func turn() -> Bool {
        let half = adding
        if used(1 - half) > 0 { return true }
        guard used(half) > 0 else { return false }
        unsafe number(at: Offset.adding).pointee.store(1 - half, ordering: .releasing)
        return true
    }

    /// Lends the number, event, time and members of each record that is to be written, oldest first.
    func forEach<Failure: Error>(
        _ body: (UInt64, AuditEvent, Int64, UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        try unsafe forEach(in: 1 - adding, body)
    }

    /// They are in the file.
    func forget() {
        setUsed(1 - adding, 0)
    }

    private func forEach<Failure: Error>(
        in half: Int, _ body: (UInt64, AuditEvent, Int64, UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var rest = unsafe UnsafeRawBufferPointer(content(half)).part(0, used(half))
        while rest.count >= Self.headSize {
            let count = unsafe Int(rest.load(fromByteOffset: 16, as: UInt32.self))
            let size = Self.headSize + Self.aligned(count)
            guard size <= rest.count,
                let event = unsafe AuditEvent(code: rest.load(fromByteOffset: 20, as: UInt32.self))
            else { return }
            try unsafe body(
                rest.load(as: UInt64.self), event, rest.load(fromByteOffset: 8, as: Int64.self),
                rest.part(Self.headSize, count))
            unsafe rest = unsafe rest.part(size, rest.count - size)
        }
    }
}

extension AuditEvent {
    private static let coded = allCases

    fileprivate var code: UInt32 { UInt32(Self.coded.firstIndex(of: self) ?? 0) }

    fileprivate init?(code: UInt32) {
        guard code < Self.coded.count else { return nil }
        self = Self.coded[Int(code)]
    }
}
