/// The field of 256 elements, with the polynomial of AES (FIPS 197, section 4): bytes are added by exclusive or.
///
/// Without tables and branches, so that neither time nor the cache tells anything of the bytes. (Tables are what other
/// implementations of Shamir's scheme leaked their secrets by.)
enum Field256 {
    static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var product: UInt8 = 0
        var power = left
        for bit in 0..<UInt8(8) {
            product ^= power & (0 &- (right &>> bit & 1))
            power = (power &<< 1) ^ (0x1B & (0 &- (power &>> 7)))
        }
        return product
    }

    /// The inverse of anything but 0: its 254th power.
    static func inverse(_ element: UInt8) -> UInt8 {
        // 254 = 2 + 4 + 8 + … + 128
        var square = multiply(element, element)
        var product = square
        for _ in 0..<6 {
            square = multiply(square, square)
            product = multiply(product, square)
        }
        return product
    }
}
