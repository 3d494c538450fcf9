public import ArgumentParser
import Glibc
public import SecretaryCore

extension Layout: ExpressibleByArgument {}
extension CachePolicy: ExpressibleByArgument {}

/// Permission bits as they are written for chmod(1).
struct FileMode: ExpressibleByArgument {
    let bits: UInt32

    init(bits: UInt32) { self.bits = bits }

    init?(argument: String) {
        guard let bits = UInt32(argument, radix: 8), bits <= 0o777 else { return nil }
        self.bits = bits
    }

    var defaultValueDescription: String { "0" + String(bits, radix: 8) }
}
