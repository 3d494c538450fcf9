internal import SecretaryCore

/// An answer of HTTP/1.0 or 1.1 while it comes in, into guarded memory.
struct PlainAnswer: ~Copyable {
    private let host: String
    private let reception: Reception
    private var buffer: SecretBytes
    /// Bytes of the head whose line is not complete.
    private var used = 0
    private var status: Int?
    /// How much of the body is still to come; `nil` as long as the head is, and for a body that ends with the connection.
    private var missing: Int?
    private var isInBody = false

    init(limit: Int, host: String) throws(SecretaryError) {
        let reception = try Reception(limit: limit)
        let buffer = try SecretBytes(count: 16 << 10)
        self.host = host
        self.reception = reception
        self.buffer = buffer
    }

    var isComplete: Bool { missing == 0 }

    /// Takes what has come.
    /// - Returns: whether more can come.
    /// - Throws: `.malformed` for what is not HTTP, and for too much; what the connection throws.
    mutating func receive(from connection: borrowing PlainSocket) throws(SecretaryError) -> Bool {
        let start = used
        guard start < buffer.count else { throw .notHTTP(from: host) }
        let count = try unsafe buffer.withUnsafeMutableBytes { (bytes) throws(SecretaryError) in
            try unsafe connection.receive(into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
        }
        guard count > 0 else { return false }
        used += count
        var position = 0
        while !isInBody, let end = lineEnd(from: position) {
            try take(line: position..<end)
            position = end
        }
        if isInBody {
            let piece = position..<position + min(used - position, missing ?? .max)
            missing? -= piece.count
            try take(bodyIn: piece)
            position = used
        }
        used -= position
        let rest = position..<position + used
        unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[rest]))
        }
        return true
    }

    /// Behind the next line feed.
    private func lineEnd(from start: Int) -> Int? {
        unsafe buffer.withUnsafeBytes { bytes in unsafe bytes[start..<used].firstIndex(of: 0x0A).map { $0 + 1 } }
    }

    private mutating func take(line: Range<Int>) throws(SecretaryError) {
        let (isAccepted, text) = unsafe buffer.withUnsafeBytes { bytes in
            let line = unsafe UnsafeRawBufferPointer(rebasing: bytes[line])
            let isEmpty = unsafe line.allSatisfy { $0 == 0x0A || $0 == 0x0D }
            let isFirst = status == nil
            return unsafe (
                isEmpty || reception.receiveHeader(line),
                isEmpty ? "" : isFirst ? String(decoding: line.prefix(16), as: UTF8.self) : nil
            )
        }
        guard isAccepted else { throw reception.error ?? .notHTTP(from: host) }
        if status == nil {
            let words = (text ?? "").split(separator: " ", maxSplits: 2)
            guard words.count >= 2, words[0] == "HTTP/1.0" || words[0] == "HTTP/1.1",
                let number = Int(words[1].prefix { $0.isNumber }), (100...599).contains(number)
            else { throw .notHTTP(from: host) }
            status = number
        } else if text == "" {
            try beginBody()
        }
    }

    private mutating func beginBody() throws(SecretaryError) {
        isInBody = true
        guard let length = header("content-length") else { return }
        guard let count = Int(length), count >= 0 else { throw .notHTTP(from: host) }
        missing = count
    }

    private func take(bodyIn piece: Range<Int>) throws(SecretaryError) {
        let isAccepted = unsafe buffer.withUnsafeBytes { bytes in
            unsafe reception.receive(UnsafeRawBufferPointer(rebasing: bytes[piece]))
        }
        if !isAccepted { throw reception.error ?? .notHTTP(from: host) }
    }

    private func header(_ name: String) -> String? {
        reception.headers.first { $0.name.lowercased() == name }?.value
    }

    /// - Returns: `nil` when the server wants another version of HTTP.
    /// - Throws: `.unavailable` when not all of it has come, `.malformed` when it is not HTTP/1.0.
    consuming func response() throws(SecretaryError) -> HTTPResponse? {
        guard let status, isInBody else {
            throw used > 0 || status != nil ? SecretaryError.notHTTP(from: host) : .brokenOff(by: host)
        }
        if status == 426 || status == 505 { return nil }
        guard (missing ?? 0) == 0 else { throw .brokenOff(by: host) }
        guard status >= 200, header("transfer-encoding") == nil else { throw .notHTTP(from: host) }
        return HTTPResponse(status: status, headers: reception.headers, body: try reception.body())
    }
}
