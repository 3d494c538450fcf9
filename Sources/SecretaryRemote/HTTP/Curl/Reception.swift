internal import Glibc
internal import SecretaryCore

/// An answer while it comes in, piece by piece, into guarded memory that grows.
///
/// libcurl holds a pointer to it for one request, on the thread that makes the request.
final class Reception {
    private let limit: Int
    private var buffer: SecretBytes
    private var used = 0
    private var headerCount = 0
    private(set) var headers: [(name: String, value: String)] = []
    /// Why nothing more is accepted.
    private(set) var error: SecretaryError?

    /// More than any header section that has a use.
    private static let headerLimit = 64 << 10

    init(limit: Int) throws(SecretaryError) {
        self.limit = limit
        buffer = try SecretBytes(count: min(limit, 4096))
    }

    /// - Returns: whether it was accepted.
    func receive(_ piece: UnsafeRawBufferPointer) -> Bool {
        guard piece.count <= limit - used else {
            error = SecretaryError(.malformed, "the answer is larger than \(limit) bytes")
            return false
        }
        do throws(SecretaryError) {
            if used + piece.count > buffer.count { try grow(toFit: used + piece.count) }
        } catch {
            self.error = error
            return false
        }
        unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[used...]).copyMemory(from: piece)
        }
        used += piece.count
        return true
    }

    /// The old memory is zeroed as it is freed.
    private func grow(toFit count: Int) throws(SecretaryError) {
        let larger = try unsafe SecretBytes(count: min(max(2 * buffer.count, count), limit)) { target in
            unsafe buffer.withUnsafeBytes { source in
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<used]))
            }
        }
        buffer = larger
    }

    /// One line of the header section, with its line break.
    /// - Returns: whether it was accepted.
    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        headerCount += line.count
        guard headerCount <= Reception.headerLimit else {
            error = SecretaryError(.malformed, "the answer's headers are larger than \(Reception.headerLimit) bytes")
            return false
        }
        // An interim answer or a redirect went before.
        if unsafe line.starts(with: "HTTP/".utf8) { headers = [] }
        guard let colon = unsafe line.firstIndex(of: UInt8(ascii: ":")) else { return true }
        let name = unsafe String(decoding: line[..<colon], as: UTF8.self)
        let value = unsafe String(decoding: line[(colon + 1)...], as: UTF8.self)
        headers.append((name, value.trimmingSpace))
        return true
    }

    /// What was received, and nothing else.
    func body() throws(SecretaryError) -> SecretBytes {
        try unsafe SecretBytes(count: used) { target in
            unsafe buffer.withUnsafeBytes { source in
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<used]))
            }
        }
    }
}

extension String {
    fileprivate var trimmingSpace: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0.isNewline }
        let start = drop(while: isSpace)
        return String(start.dropLast(start.reversed().prefix(while: isSpace).count))
    }
}
