internal import SystemPackage

extension FileDescriptor {
    /// What there is to read until the end of the file, or until nobody writes to the pipe any more.
    ///
    /// For small texts that are no secrets.
    func readToEnd() throws -> [UInt8] {
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = try unsafe chunk.withUnsafeMutableBytes { try unsafe read(into: $0) }
            if count == 0 { return text }
            text.append(contentsOf: chunk[..<count])
        }
    }
}
