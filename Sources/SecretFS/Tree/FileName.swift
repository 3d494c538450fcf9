/// How a key of a config file becomes the name of a file.
///
/// A name holds any bytes but `/` and NUL, and is not `.` or `..`; a key may be all of that. Such bytes, and `%`
/// itself, are written as `%` and two hex digits, so that two keys never get the same name. The empty key is `%`.
enum FileName {
    /// `NAME_MAX` of Linux, in bytes.
    static let maximumCount = 255

    static func encode(_ key: some Sequence<UInt8>) -> [UInt8] {
        let key = Array(key)
        if key.isEmpty { return [UInt8(ascii: "%")] }
        let dotsOnly = key.count <= 2 && key.allSatisfy { $0 == UInt8(ascii: ".") }
        var name: [UInt8] = []
        name.reserveCapacity(key.count)
        for byte in key {
            let special = byte == UInt8(ascii: "/") || byte == 0 || byte == UInt8(ascii: "%") || dotsOnly
            if special {
                name.append(UInt8(ascii: "%"))
                name.append(hexDigits[Int(byte >> 4)])
                name.append(hexDigits[Int(byte & 15)])
            } else {
                name.append(byte)
            }
        }
        return name
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)
}
