internal import CSodium
internal import Glibc

/// What the writer of a log needs for its next record: 512 bytes, one sector of a disk, in guarded memory as in `FILE.state`.
///
/// The keys in it are those of the next record and the next signature. Those before cannot be computed from them, so that
/// whoever gets hold of the state cannot rewrite what was logged before.
struct AuditState: ~Copyable {
    static let count = 512
    static let keyCount = 32

    private var memory: SecretBytes

    // Offsets of the fields; numbers are little-endian. Bytes without a field are zero.
    private static let magic = Array("secretary-audit1".utf8)
    private static let sequenceOffset = 16
    private static let lengthOffset = 24
    private static let epochOffset = 32
    private static let unsignedOffset = 40
    private static let betweenOffset = 48
    private static let firstOffset = 56
    private static let takenOffset = 168
    private static let backlogOffset = 176
    static let link = 64..<96
    static let key = 96..<128
    static let seed = 128..<160
    private static let identifier = 160..<168
    private static let checksum = 480..<512

    /// The state of a new log, with keys from the system's randomness.
    /// - Throws: `.system` when guarded memory cannot be had.
    init() throws(SecretaryError) {
        memory = try unsafe SecretBytes(count: Self.count) { bytes in
            unsafe bytes.copyBytes(from: Self.magic)
            for range in [Self.identifier, Self.key, Self.seed] {
                let part = unsafe bytes.part(range)
                unsafe randombytes_buf(part.octets, part.count)
            }
        }
        sequence = 1
        isBetweenFiles = true
    }

    /// A copy.
    init(copying other: borrowing AuditState) throws(SecretaryError) {
        memory = try unsafe SecretBytes(count: Self.count) { target in
            unsafe other.memory.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
        }
    }

    private init(_ memory: consuming SecretBytes) {
        self.memory = memory
    }

    /// A state as it was written.
    /// - Returns: `nil` when it is not one, or not whole.
    static func read(_ memory: consuming SecretBytes) -> AuditState? {
        let isWhole = unsafe memory.withUnsafeBytes { bytes in
            guard bytes.count == count, unsafe bytes.starts(with: magic) else { return false }
            return unsafe sum(of: bytes).elementsEqual(unsafe bytes.part(checksum))
        }
        guard isWhole else { return nil }
        let state = AuditState(memory)
        guard state.isPossible else { return nil }
        return state
    }

    /// Whether a log can have come that far.
    private var isPossible: Bool {
        let numbers = [length, epoch, unsignedCount, taken]
        return (1...AuditFields.maximumNumber).contains(sequence) && firstInFile <= sequence
            && numbers.allSatisfy { $0 <= AuditFields.maximumNumber }
    }

    /// Number of the next record; the first is 1.
    var sequence: UInt64 {
        get { number(at: Self.sequenceOffset) }
        set { setNumber(newValue, at: Self.sequenceOffset) }
    }

    /// Size of the file after the last record.
    var length: UInt64 {
        get { number(at: Self.lengthOffset) }
        set { setNumber(newValue, at: Self.lengthOffset) }
    }

    /// Number of the next signature; the first is 0.
    var epoch: UInt64 {
        get { number(at: Self.epochOffset) }
        set { setNumber(newValue, at: Self.epochOffset) }
    }

    /// How many records follow the last signature.
    var unsignedCount: UInt64 {
        get { number(at: Self.unsignedOffset) }
        set { setNumber(newValue, at: Self.unsignedOffset) }
    }

    /// Whether the last file is finished and the next one has no record yet.
    var isBetweenFiles: Bool {
        get { number(at: Self.betweenOffset) == 1 }
        set { setNumber(newValue ? 1 : 0, at: Self.betweenOffset) }
    }

    /// Number of the first record of the file.
    var firstInFile: UInt64 {
        get { number(at: Self.firstOffset) }
        set { setNumber(newValue, at: Self.firstOffset) }
    }

    /// How many records were taken from the backlog.
    var taken: UInt64 {
        get { number(at: Self.takenOffset) }
        set { setNumber(newValue, at: Self.takenOffset) }
    }

    /// Which backlog that is; 0 for none.
    var backlog: UInt64 {
        get { number(at: Self.backlogOffset) }
        set { setNumber(newValue, at: Self.backlogOffset) }
    }

    /// Names the log.
    var identifier: [UInt8] { bytes(Self.identifier) }

    /// The hash of everything before the next record.
    var link: [UInt8] { bytes(Self.link) }

    /// Lends everything, to compute with and to write.
    func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe memory.withUnsafeBytes(body)
    }

    mutating func withUnsafeMutableBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
        unsafe memory.withUnsafeMutableBytes(body)
    }

    /// Makes the checksum fit, before it is written.
    mutating func seal() {
        unsafe memory.withUnsafeMutableBytes { bytes in
            unsafe bytes.part(Self.checksum).copyBytes(from: Self.sum(of: UnsafeRawBufferPointer(bytes)))
        }
    }

    /// Becomes a copy of `other`.
    mutating func assign(_ other: borrowing AuditState) {
        unsafe memory.withUnsafeMutableBytes { target in
            unsafe other.memory.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
        }
    }

    /// Forgets everything.
    mutating func zero() {
        unsafe memory.withUnsafeMutableBytes { unsafe sodium_memzero($0.octets, $0.count) }
    }

    // MARK: Bytes

    private static func sum(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var sum = [UInt8](repeating: 0, count: BLAKE2b.count)
        let content = unsafe bytes.part(0..<checksum.lowerBound)
        let nothing = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        unsafe sum.withUnsafeMutableBytes { unsafe BLAKE2b.hash(content, nothing, into: $0) }
        return sum
    }

    private func bytes(_ range: Range<Int>) -> [UInt8] {
        unsafe memory.withUnsafeBytes { unsafe Array($0[range]) }
    }

    private func number(at offset: Int) -> UInt64 {
        unsafe memory.withUnsafeBytes {
            UInt64(littleEndian: unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
    }

    private mutating func setNumber(_ number: UInt64, at offset: Int) {
        unsafe memory.withUnsafeMutableBytes {
            unsafe $0.storeBytes(of: number.littleEndian, toByteOffset: offset, as: UInt64.self)
        }
    }
}
