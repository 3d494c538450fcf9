internal import CSodium

/// Shamir's secret sharing ("How to share a secret", 1979) over `Field256`, each byte of the secret by itself.
///
/// A byte is the value at 0 of a polynomial whose other coefficients are random; a share is its value elsewhere. Fewer
/// than `threshold` shares tell nothing about the secret.
enum SecretSharing {
    /// The most shares: one for each element of the field but 0.
    static let maximumCount = 255

    /// The polynomials of one secret, which shares are computed from.
    struct Polynomials: ~Copyable {
        /// Coefficients of the power 0, which are the secret, then of the power 1, and so on.
        private let coefficients: SecretBytes
        private let secretCount: Int
        private let threshold: Int

        /// - Throws: `.system` when guarded memory cannot be had.
        init(of secret: borrowing SecretBytes, threshold: Int) throws(SecretaryError) {
            precondition((1...maximumCount).contains(threshold), "a threshold of 1 to 255")
            let count = secret.count
            self.coefficients = try unsafe SecretBytes(count: count * threshold) { target in
                unsafe secret.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
                let others = unsafe target.part(count, count * (threshold - 1))
                unsafe randombytes_buf(others.octets, others.count)
            }
            self.secretCount = count
            self.threshold = threshold
        }

        /// Writes the values at `x`, the share of that number, to `target`.
        func evaluate(at x: UInt8, into target: UnsafeMutableRawBufferPointer) {
            precondition(x != 0 && target.count == secretCount, "0 is where the secret is")
            unsafe coefficients.withUnsafeBytes { coefficients in
                for byte in 0..<secretCount {
                    var value: UInt8 = 0
                    for power in (0..<threshold).reversed() {
                        value = unsafe Field256.multiply(value, x) ^ coefficients[power * secretCount + byte]
                    }
                    unsafe target[byte] = value
                }
            }
        }
    }

    /// What the values at each of `xs`, which differ, are multiplied by before they are added up to the value at 0
    /// (Lagrange's interpolation).
    static func weights(_ xs: [UInt8]) -> [UInt8] {
        xs.map { x in
            xs.filter { $0 != x }.reduce(1) { weight, other in
                Field256.multiply(weight, Field256.multiply(other, Field256.inverse(other ^ x)))
            }
        }
    }

    /// Adds a share, times its weight, to the secret that grows in `target`.
    static func add(
        _ share: UnsafeRawBufferPointer, weight: UInt8, to target: UnsafeMutableRawBufferPointer
    ) {
        for byte in target.indices { unsafe target[byte] ^= Field256.multiply(share[byte], weight) }
    }
}
