internal import CLinux
internal import Glibc

// The filter as a program of the kernel's packet filter, which is put through `struct seccomp_data` at each call.
extension SystemCallFilter {
    /// Where `struct seccomp_data` has the call's number and the processor's.
    private static let numberOffset: UInt32 = 0
    private static let architectureOffset: UInt32 = 4

    var instructions: [sock_filter] {
        var program = [
            Self.load(Self.architectureOffset), Self.skip(1, unlessEqual: clinux_audit_architecture),
            Self.skip(1), Self.end(.kill), Self.load(Self.numberOffset),
        ]
        #if arch(x86_64)
            // The same processor has a second table of calls, with numbers from here on (x32).
            program += [Self.skip(1, unlessAtLeast: 0x4000_0000), Self.end(.kill)]
        #endif
        for rule in rules { program += Self.instructions(for: rule) }
        return program + [Self.end(otherwise)]
    }

    private static func instructions(for rule: Rule) -> [sock_filter] {
        var checks: [sock_filter] = []
        // From the last to the first: each skips what follows it when it does not hold.
        for condition in rule.conditions.reversed() {
            checks =
                [
                    load(offset(of: condition)), mask(condition.mask),
                    skip(checks.count + 1, unlessEqual: condition.value),
                ] + checks
        }
        let body = checks + [end(rule.action)]
        // What was loaded last is an argument then; the next rule looks at the number.
        let rest = checks.isEmpty ? body : body + [load(numberOffset)]
        return [skip(rest.count, unlessEqual: UInt32(bitPattern: rule.number))] + rest
    }

    /// Both processors store the lower half of an argument first.
    private static func offset(of condition: Condition) -> UInt32 {
        UInt32(16 + 8 * condition.argument + (condition.isUpper ? 4 : 0))
    }

    private static func load(_ offset: UInt32) -> sock_filter {
        instruction(BPF_LD | BPF_W | BPF_ABS, offset)
    }

    private static func mask(_ bits: UInt32) -> sock_filter {
        instruction(BPF_ALU | BPF_AND | BPF_K, bits)
    }

    private static func skip(_ count: Int) -> sock_filter {
        instruction(BPF_JMP | BPF_JA, UInt32(count))
    }

    private static func skip(_ count: Int, unlessEqual value: UInt32) -> sock_filter {
        instruction(BPF_JMP | BPF_JEQ | BPF_K, value, otherwise: count)
    }

    private static func skip(_ count: Int, unlessAtLeast value: UInt32) -> sock_filter {
        instruction(BPF_JMP | BPF_JGE | BPF_K, value, otherwise: count)
    }

    private static func end(_ action: Action) -> sock_filter {
        instruction(BPF_RET | BPF_K, action.value)
    }

    private static func instruction(_ code: Int32, _ operand: UInt32, otherwise count: Int = 0) -> sock_filter {
        sock_filter(code: UInt16(code), jt: 0, jf: UInt8(count), k: operand)
    }
}
