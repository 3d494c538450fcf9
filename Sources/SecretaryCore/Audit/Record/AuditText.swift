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
        begin(name)
        append("\"")
        text.withUTF8 { unsafe append(escaping: UnsafeRawBufferPointer($0)) }
        append("\"")
    }

    mutating func add(_ name: StaticString, _ number: UInt64?) {
        guard let number else { return }
        begin(name)
        append(number)
    }

    mutating func add(_ name: StaticString, hexadecimal octets: some Sequence<UInt8>) {
        begin(name)
        append("\"")
        for octet in octets {
            bytes.append(Self.digits[Int(octet >> 4)])
            bytes.append(Self.digits[Int(octet & 15)])
        }
        append("\"")
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

    private mutating func begin(_ name: StaticString) {
        append(",\"")
        append(name)
        append("\":")
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ number: UInt64) {
        var rest = number
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    private mutating func append(escaping text: UnsafeRawBufferPointer) {
        let isPlain = unsafe text.allSatisfy { (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C }
        if isPlain, text.count <= Self.maximumTextCount {
            unsafe bytes.append(contentsOf: text)
        } else {
            for unit in unsafe String(decoding: text.prefix(Self.maximumTextCount), as: UTF8.self).utf16 {
                append(escaping: unit)
            }
        }
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
