/// One line of a log, taken apart.
struct AuditLine {
    /// The line with its newline.
    let bytes: ArraySlice<UInt8>
    /// What the MAC is of: the line up to it.
    let body: ArraySlice<UInt8>
    let mac: [UInt8]
    let fields: AuditFields
    let sequence: UInt64
    let event: AuditEvent

    /// A longer line is none: every text at its longest, each character escaped, makes less.
    static let maximumCount = 256 << 10

    /// `,"mac":"`, 64 digits, `"}` and a newline.
    private static let macPrefix = Array(",\"mac\":\"".utf8)
    private static let macSuffix = Array("\"}\n".utf8)
    private static let tailCount = macPrefix.count + 64 + macSuffix.count

    /// - Returns: `nil` when it is no line of a log, exactly as the writer writes them.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count > Self.tailCount, bytes.count <= Self.maximumCount else { return nil }
        let tail = bytes.suffix(Self.tailCount)
        guard tail.starts(with: Self.macPrefix), tail.suffix(Self.macSuffix.count).elementsEqual(Self.macSuffix),
            let mac = Self.octets(tail.dropFirst(Self.macPrefix.count).prefix(64)),
            let fields = AuditFields(bytes.dropLast()),
            let sequence = fields.number("seq"), sequence > 0,
            let event = fields.text("event").flatMap(AuditEvent.init(rawValue:))
        else { return nil }
        self.bytes = bytes
        self.body = bytes.dropLast(Self.tailCount)
        self.mac = mac
        self.fields = fields
        self.sequence = sequence
        self.event = event
    }

    /// What a signature in the line is of, beside the hash of everything before; `nil` where there is none.
    var signedPart: ArraySlice<UInt8>? {
        let count = ",\"signature\":\"\"".utf8.count + 2 * SigningKey.signatureCount
        guard body.count > count, body.suffix(count).starts(with: ",\"signature\":\"".utf8) else { return nil }
        return body.dropLast(count)
    }

    /// The bytes that lower-case hexadecimal digits stand for.
    static func octets(_ digits: some Sequence<UInt8>) -> [UInt8]? {
        var octets: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case 48...57: value = digit - 48
            case 97...102: value = digit - 87
            default: return nil
            }
            if let first = high {
                octets.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? octets : nil
    }
}
