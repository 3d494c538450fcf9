@testable import SecretaryCore
import TestSupport
import Testing

@Suite("Secret sharing: the field, and the shares of a secret") struct SecretSharingTests {
    /// Multiplication as FIPS 197 defines it: of polynomials, modulo x⁸ + x⁴ + x³ + x + 1.
    private static func product(_ left: Int, _ right: Int) -> Int {
        var product = 0
        for bit in 0..<8 where right >> bit & 1 == 1 { product ^= left << bit }
        for bit in (8..<15).reversed() where product >> bit & 1 == 1 { product ^= 0x11B << (bit - 8) }
        return product
    }

    @Test("every product, and every inverse, is as FIPS 197 defines it")
    func field() {
        for left in 0..<256 {
            for right in 0..<256 {
                #expect(Int(Field256.multiply(UInt8(left), UInt8(right))) == Self.product(left, right))
            }
            if left > 0 { #expect(Field256.multiply(UInt8(left), Field256.inverse(UInt8(left))) == 1) }
        }
        #expect(Field256.multiply(0x57, 0x83) == 0xC1)
    }

    private func shares(_ secret: [UInt8], _ threshold: Int, _ count: Int) throws -> [[UInt8]] {
        let polynomials = try SecretSharing.Polynomials(of: SecretBytes(secret), threshold: threshold)
        return try (1...UInt8(count)).map { number in
            try unsafe SecretBytes(count: secret.count) { unsafe polynomials.evaluate(at: number, into: $0) }.array
        }
    }

    private func combine(_ shares: [[UInt8]], _ numbers: [Int]) throws -> [UInt8] {
        let weights = SecretSharing.weights(numbers.map { UInt8($0) })
        let secret = try unsafe SecretBytes(count: shares[0].count) { target in
            for (number, weight) in zip(numbers, weights) {
                unsafe shares[number - 1].withUnsafeBytes { unsafe SecretSharing.add($0, weight: weight, to: target) }
            }
        }
        return secret.array
    }

    @Test(
        "of 5 shares, every subset of at least the threshold makes up the secret, and no smaller one", arguments: 1...5)
    func subsets(_ threshold: Int) throws {
        let secret = (0..<32).map { _ in UInt8.random(in: 0...255) }
        let shares = try shares(secret, threshold, 5)
        for subset in 1..<32 {
            let numbers = (1...5).filter { subset >> ($0 - 1) & 1 == 1 }
            #expect(try (combine(shares, numbers) == secret) == (numbers.count >= threshold), "\(numbers)")
        }
    }

    @Test("255 shares, of which all are needed")
    func most() throws {
        let secret = (0..<32).map { _ in UInt8.random(in: 0...255) }
        let shares = try shares(secret, 255, 255)
        #expect(try combine(shares, Array(1...255)) == secret)
        #expect(try combine(shares, Array(1...254)) != secret)
    }

    @Test("a share tells nothing: over all polynomials of degree 1, each value of it is as likely for each secret")
    func nothing() throws {
        for secret in [UInt8(0), 1, 0x80, 0xFF] {
            // The polynomial is secret + c·x: all 256 values of c give all 256 values of the share.
            let values = Set((0...255).map { c in secret ^ Field256.multiply(UInt8(c), 3) })
            #expect(values.count == 256)
        }
    }
}
