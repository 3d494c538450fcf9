/// Fills a piece of guarded memory from its start and never writes behind its end.
@safe struct GuardedWriter {
    private let target: UnsafeMutableRawBufferPointer
    private let capacity: Int
    private(set) var position = 0

    init(_ target: UnsafeMutableRawBufferPointer) {
        unsafe self.target = target
        capacity = target.count
    }

    mutating func append(_ byte: UInt8) {
        precondition(position < capacity, "more was written than was counted")
        unsafe target[position] = byte
        position += 1
    }

    mutating func append(_ bytes: [UInt8]) {
        unsafe bytes.withOctets { unsafe append($0) }
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= capacity - position, "more was written than was counted")
        unsafe target.part(position, bytes.count).copyMemory(from: bytes)
        position += bytes.count
    }

    /// Appends `count` bytes that `fill` writes; none when it throws.
    mutating func append(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(SecretaryError) -> Void)
        throws(SecretaryError)
    {
        precondition(count <= capacity - position, "more was written than was counted")
        try unsafe fill(target.part(position, count))
        position += count
    }

    /// Fills what is left with spaces and, as the last byte, a line break.
    mutating func pad() {
        while position < capacity - 1 { append(UInt8(ascii: " ")) }
        if position < capacity { append(0x0A) }
    }
}
