internal import Glibc
internal import SecretaryCore
internal import Synchronization
internal import SystemPackage

/// What a mount must not forget when its server dies: the kernel's first message, the requests that have no answer, and
/// what the kernel knows of the tree, and the records of the audit log that are not in its file.
///
/// Lives in memory files which the supervisor keeps and gives to each worker. Nothing of it is secret, but for the names
/// of files.
@safe final class MountMemory: Sendable {
    private let memory: SharedMemory
    /// Two, of which one is valid: the other is written anew, and then takes its place.
    private let outlines: [FileDescriptor]
    let journal: RequestJournal
    /// The reports that workers have given out; to be made once in each.
    var shelf: ReportShelf { ReportShelf(in: (memory, Offset.shelf)) }

    /// The records of the audit log that are not in its file.
    var auditBacklog: AuditBacklog {
        let bytes = unsafe memory.bytes[Offset.audit..<Offset.audit + AuditBacklog.size]
        return unsafe AuditBacklog(in: UnsafeMutableRawBufferPointer(rebasing: bytes), of: memory)
    }

    /// How many files are open; to be made once in each process.
    var openHandles: OpenHandles {
        let start = unsafe memory.bytes.baseAddress.unsafelyUnwrapped + Offset.openHandles
        return unsafe OpenHandles(at: start.assumingMemoryBound(to: Atomic<Int>.self), in: memory)
    }

    private enum Offset {
        static let greetingCount = 0
        static let layout = 8
        static let greeting = 16
        static let lives = 1024
        static let lifeSize = 64
        static let validOutline = 1280
        static let noticeCount = 1288
        static let openHandles = 1296
        static let notices = 2048
        static let noticeSize = 3072
        static let journal = 8192
        static let shelf = journal + RequestJournal.size
        static let audit = shelf + ReportShelf.size
    }

    /// Goes up with every change that another version would misunderstand.
    private static let layout = 3
    private static let size = Offset.audit + AuditBacklog.size

    private static let lifeCount: UInt64 = 4

    /// The descriptors that `init(descriptors:)` takes.
    var descriptors: [FileDescriptor] { [memory.descriptor] + outlines }

    static let descriptorCount = 3

    /// - Throws: `.system` when the system has no room for it.
    static func make() throws(SecretaryError) -> MountMemory {
        let memory = try MountMemory(descriptors: [
            SharedMemory.makeFile("secretfs-mount"), SharedMemory.makeFile("secretfs-outline"),
            SharedMemory.makeFile("secretfs-outline"),
        ])
        for number in 0..<lifeCount { memory.life(of: number).reset() }
        return memory
    }

    /// Maps what another process has made; the descriptors belong to it from then on.
    /// - Throws: `.system` when they are not those of a mount.
    init(descriptors: [FileDescriptor]) throws(SecretaryError) {
        guard descriptors.count == Self.descriptorCount else {
            throw SecretaryError(.system, "what was handed over is not the memory of a mount")
        }
        memory = try SharedMemory(mapping: descriptors[0], count: Self.size)
        // A memory file that is new holds zeroes.
        let layout = unsafe memory.bytes.load(fromByteOffset: Offset.layout, as: Int.self)
        guard layout == 0 || layout == Self.layout else {
            throw SecretaryError(
                .mount, "the mount is of a version that this one cannot take over",
                hint: "unmount, and mount again")
        }
        unsafe memory.bytes.storeBytes(of: Self.layout, toByteOffset: Offset.layout, as: Int.self)
        outlines = Array(descriptors[1...])
        journal = RequestJournal(in: memory, at: Offset.journal)
    }

    deinit {
        for outline in outlines { try? outline.close() }
    }

    /// The sign of life of a worker.
    ///
    /// There are several places: a worker's successor starts before it ends, and others while that one prepares.
    func life(of worker: UInt64) -> WorkerLife {
        let offset = Offset.lives + Int(worker % Self.lifeCount) * Offset.lifeSize
        let start = unsafe memory.bytes.baseAddress.unsafelyUnwrapped + offset
        return unsafe WorkerLife(at: start.assumingMemoryBound(to: pthread_mutex_t.self), in: memory)
    }

    /// Waits for workers to end whose supervisor is gone, so that no two serve at once.
    func waitForFormerWorkers(atMost patience: Duration) {
        for number in 0..<Self.lifeCount { life(of: number).waitForEnd(atMost: patience) }
    }

    /// The kernel's first message; empty before there is one.
    var greeting: [UInt8] {
        get {
            let count = unsafe memory.bytes.load(fromByteOffset: Offset.greetingCount, as: Int.self)
            return unsafe Array(memory.bytes[Offset.greeting..<min(Offset.greeting + count, Offset.lives)])
        }
        set {
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: memory.bytes[Offset.greeting..<Offset.lives])
            unsafe room.copyBytes(from: newValue.prefix(room.count))
            unsafe memory.bytes.storeBytes(of: newValue.count, toByteOffset: Offset.greetingCount, as: Int.self)
        }
    }

    /// Changes what the supervisor says about itself, all at once for those who read it.
    func updateNotice(_ change: (inout SupervisorNotice) -> Void) {
        var changed = notice
        change(&changed)
        notice = changed
    }

    /// What the supervisor says about itself, for `.secretary/status`.
    private(set) var notice: SupervisorNotice {
        get {
            let number = unsafe number(at: Offset.noticeCount)
            while true {
                let count = unsafe number.pointee.load(ordering: .acquiring)
                let start = Self.start(ofNotice: count)
                let size = unsafe memory.bytes.load(fromByteOffset: start, as: Int.self)
                let text = unsafe Array(memory.bytes[start + 8..<start + min(max(8 + size, 8), Offset.noticeSize)])
                atomicMemoryFence(ordering: .acquiring)
                // Else it may have been written over meanwhile.
                guard unsafe number.pointee.load(ordering: .relaxed) == count else { continue }
                return SupervisorNotice(text: String(decoding: text, as: UTF8.self))
            }
        }
        set {
            let number = unsafe number(at: Offset.noticeCount)
            let next = unsafe number.pointee.load(ordering: .acquiring) &+ 1
            let start = Self.start(ofNotice: next)
            let text = Array(newValue.text.utf8.prefix(Offset.noticeSize - 8))
            unsafe memory.bytes.storeBytes(of: text.count, toByteOffset: start, as: Int.self)
            unsafe UnsafeMutableRawBufferPointer(rebasing: memory.bytes[(start + 8)...]).copyBytes(from: text)
            unsafe number.pointee.store(next, ordering: .releasing)
        }
    }

    /// There is room for two: the last, and the one that is being written.
    private static func start(ofNotice count: UInt32) -> Int {
        Offset.notices + Int(count & 1) * Offset.noticeSize
    }

    private func number(at offset: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        let start = unsafe memory.bytes.baseAddress.unsafelyUnwrapped + offset
        return unsafe start.assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    // MARK: Outlines

    /// The trees of which the kernel may know something, oldest first; without content.
    var knownTrees: [Tree] {
        let valid = unsafe number(at: Offset.validOutline).pointee.load(ordering: .acquiring)
        guard valid > 0, var bytes = try? read(outlines[Int(valid - 1) % 2])[...] else { return [] }
        var trees: [Tree] = []
        while bytes.count >= 8 {
            let count = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            bytes = bytes.dropFirst(8)
            if let tree = TreeOutline.decode(Array(bytes.prefix(count))) { trees.append(tree) }
            bytes = bytes.dropFirst(count)
        }
        return trees
    }

    /// Notes that the kernel knows something of these trees at most.
    /// - Throws: `.system` when there is no room; what was noted before is still valid then.
    func note(_ trees: [Tree]) throws(SecretaryError) {
        let valid = unsafe number(at: Offset.validOutline).pointee.load(ordering: .acquiring)
        let next = valid == 1 ? 2 : 1 as UInt32
        var bytes: [UInt8] = []
        for tree in trees {
            let outline = TreeOutline.encode(tree)
            unsafe withUnsafeBytes(of: UInt64(outline.count).littleEndian) { unsafe bytes.append(contentsOf: $0) }
            bytes += outline
        }
        do {
            let file = outlines[Int(next - 1)]
            try file.resize(to: 0)
            _ = try file.writeAll(toAbsoluteOffset: 0, bytes)
        } catch {
            throw SecretaryError(.system, "cannot note what the kernel knows: \(error)")
        }
        unsafe number(at: Offset.validOutline).pointee.store(next, ordering: .releasing)
    }

    private func read(_ file: FileDescriptor) throws -> [UInt8] {
        let count = Int(try file.seek(offset: 0, from: .end))
        return try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            while used < count {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[used...])
                let part = try unsafe file.read(fromAbsoluteOffset: Int64(used), into: rest)
                if part == 0 { break }
                used += part
            }
        }
    }
}
