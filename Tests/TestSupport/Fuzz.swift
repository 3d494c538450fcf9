import Glibc

/// Seeded mutational fuzzing for parsers: mutates known inputs and hands them to `body`, which throws or traps when the
/// parser misbehaves.
///
/// Each target runs for `FUZZ_SECONDS` (default 2). A failure shows the seed; `FUZZ_SEED` repeats that run.
public struct Fuzz {
    public struct Failure: Error, CustomStringConvertible {
        public let seed: UInt64
        public let input: [UInt8]
        public let cause: any Error

        public var description: String {
            "FUZZ_SEED=\(seed) fails with \(cause) on the input \(input)"
        }
    }

    /// - Parameters:
    ///   - seeds: inputs to begin with; good ones reach deep into the parser.
    ///   - body: what must hold for every input.
    public static func run(seeds: [[UInt8]], _ body: ([UInt8]) throws -> Void) throws {
        let seed = variable("FUZZ_SEED").flatMap { UInt64($0) } ?? UInt64.random(in: .min ... .max)
        var random = Random(state: seed)
        let duration = variable("FUZZ_SECONDS").flatMap { Double($0) } ?? 2
        let deadline = ContinuousClock.now.advanced(by: .seconds(duration))
        // A trap leaves no error behind: the seed must have been shown before.
        print("fuzz: FUZZ_SEED=\(seed)")
        for input in seeds { try check(input, seed, body) }
        repeat {
            var input = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...8, using: &random) { mutate(&input, seeds, &random) }
            try check(input, seed, body)
        } while ContinuousClock.now < deadline
    }

    private static func check(_ input: [UInt8], _ seed: UInt64, _ body: ([UInt8]) throws -> Void) throws {
        do {
            try body(input)
        } catch {
            throw Failure(seed: seed, input: input, cause: error)
        }
    }

    private static func mutate(_ input: inout [UInt8], _ seeds: [[UInt8]], _ random: inout Random) {
        let position = Int.random(in: 0...input.count, using: &random)
        let end = min(input.count, position + Int.random(in: 0...16, using: &random))
        switch Int.random(in: 0..<8, using: &random) {
        case 0 where position < input.count: input[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where position < input.count: input[position] = .random(in: .min ... .max, using: &random)
        case 2 where position < input.count: input[position] = [0, 1, 0x7F, 0x80, 0xFF, 10, 91][position % 7]
        case 3: input.removeSubrange(position..<end)
        case 4: input.insert(contentsOf: input[position..<end], at: position)
        case 5: input.removeSubrange(position...)
        case 6:
            // A piece of another input, where this one has something else.
            let other = seeds.randomElement(using: &random) ?? []
            let start = Int.random(in: 0...other.count, using: &random)
            input.replaceSubrange(position..<end, with: other[start..<min(other.count, start + 64)])
        default: input.insert(.random(in: .min ... .max, using: &random), at: position)
        }
    }

    private static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// SplitMix64: the same inputs for the same seed, everywhere.
    public struct Random: RandomNumberGenerator {
        private var state: UInt64

        public init(state: UInt64) {
            self.state = state
        }

        public mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }
}
