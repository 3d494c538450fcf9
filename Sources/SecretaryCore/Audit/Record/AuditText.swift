/// Lines of the log while they are composed: JSON objects in ASCII, without a member inside another.
///
/// Names of files and programs come from elsewhere. All but printable ASCII is escaped, so that a line stays one line and can
/// be shown and sent as it is, by anything.
struct AuditText {
    private(set) var bytes: [UInt8] = []

    /// A longer text is cut off: a path has no more bytes.
    static let maximumTextCount = 4096

    init() {}

    /// One that will probably not need more memory than this.
    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// Forgets the lines and keeps the memory.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Begins an object.
    /// - Parameter sequence: `nil` for a record outside the chain.
    mutating func begin(_ sequence: UInt64?, _ time: Int64, _ event: AuditEvent) {
        append("{")
        if let sequence {
            append("\"seq\":")
            append(sequence)
            append(",")
        }
        append("\"time\":\"")
        Timestamp.append(time, to: &bytes)
        append("\"")
        add("event", event.rawValue)
    }

    mutating func add(_ name: StaticString, _ text: String?) {
        guard var text else { return }
        text.withUTF8 { text in
            let text = UnsafeRawBufferPointer(text)
            guard text.count <= Self.maximumTextCount, unsafe Self.isPlain(text) else {
                return unsafe addEscaped(name, text)
            }
            unsafe add(name, upTo: text.count + 2) { target in
                unsafe target[0] = UInt8(ascii: "\"")
                unsafe target.part(1, text.count).copyMemory(from: text)
                unsafe target[text.count + 1] = UInt8(ascii: "\"")
                return text.count + 2
            }
        }
    }

    mutating func add(_ name: StaticString, _ number: UInt64?) {
        guard let number else { return }
        unsafe add(name, upTo: Self.maximumDigits) { unsafe Self.write(number, to: $0) }
    }

    mutating func add(_ name: StaticString, hexadecimal octets: some Collection<UInt8>) {
        unsafe add(name, upTo: 2 * octets.count + 2) { target in
            var end = 1
            for octet in octets {
                unsafe target[end] = Self.digits[Int(octet >> 4)]
                unsafe target[end + 1] = Self.digits[Int(octet & 15)]
                end += 2
            }
            unsafe (target[0], target[end]) = (UInt8(ascii: "\""), UInt8(ascii: "\""))
            return end + 1
        }
    }

    /// Adds the members that another text consists of.
    mutating func add(_ members: AuditText) {
        bytes += members.bytes
    }

    mutating func add(members text: UnsafeRawBufferPointer) {
        unsafe bytes.append(contentsOf: text)
    }

    /// Ends an object, and its line.
    mutating func end() {
        append("}\n")
    }

    // MARK: Parts

    private static let digits = Array("0123456789abcdef".utf8)

    /// Begins a member.
    private mutating func begin(_ name: StaticString) {
        unsafe add(name, upTo: 0) { _ in 0 }
    }

    /// Adds a member whose value is at most so many bytes: whoever waits for a secret waits for this.
    /// - Parameter write: writes the value and returns how long it is.
    private mutating func add(
        _ name: StaticString, upTo count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Int
    ) {
        let start = name.utf8CodeUnitCount + 4
        unsafe append(upTo: start + count) { target in
            unsafe target[0] = UInt8(ascii: ",")
            unsafe target[1] = UInt8(ascii: "\"")
            unsafe target.part(2, start - 4).copyMemory(
                from: UnsafeRawBufferPointer(start: name.utf8Start, count: start - 4))
            unsafe target[start - 2] = UInt8(ascii: "\"")
            unsafe target[start - 1] = UInt8(ascii: ":")
            return unsafe start + write(target.part(start, count))
        }
    }

    private mutating func append(upTo count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Int) {
        bytes.append(addingCapacity: count) { (span: inout OutputSpan<UInt8>) in
            unsafe span.withUnsafeMutableBufferPointer { target, used in
                unsafe used += write(UnsafeMutableRawBufferPointer(target).part(used, count))
            }
        }
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ number: UInt64) {
        unsafe append(upTo: Self.maximumDigits) { unsafe Self.write(number, to: $0) }
    }

    /// Of the largest 64-bit number.
    private static let maximumDigits = 20

    private static func write(_ number: UInt64, to target: UnsafeMutableRawBufferPointer) -> Int {
        var (rest, count) = (number, 0)
        repeat {
            rest /= 10
            count += 1
        } while rest > 0
        rest = number
        for position in (0..<count).reversed() {
            unsafe target[position] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        return count
    }

    /// Whether nothing in it has to be escaped; looks at all of it, which many bytes at a time is quicker than stopping early.
    private static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
        var special: UInt8 = 0
        for index in 0..<text.count {
            let byte = unsafe text[index]
            special |= byte &- 0x20 > 0x5E || byte == 0x22 || byte == 0x5C ? 1 : 0
        }
        return special == 0
    }

    private mutating func addEscaped(_ name: StaticString, _ text: UnsafeRawBufferPointer) {
        begin(name)
        append("\"")
        for unit in unsafe String(decoding: text.prefix(Self.maximumTextCount), as: UTF8.self).utf16 {
            append(escaping: unit)
        }
        append("\"")
    }

    private mutating func append(escaping unit: UInt16) {
        switch unit {
        case 0x22, 0x5C: bytes += [UInt8(ascii: "\\"), UInt8(unit)]
        case 0x20..<0x7F: bytes.append(UInt8(unit))
        default:
            append("\\u")
            for shift in [12, 8, 4, 0] { bytes.append(Self.digits[Int(unit >> shift & 15)]) }
        }
    }
}
