internal import SecretaryCore

/// The texts of elements of an XML document that lies in guarded memory, such as `<SessionToken>…</SessionToken>`.
///
/// Enough for the answers of AWS STS: elements without attributes whose names are there once, and texts without references to
/// entities, as credentials have none.
struct SecretXML: ~Copyable {
    private let text: SecretBytes

    init(_ text: consuming SecretBytes) {
        self.text = text
    }

    /// The text of an element that is no secret; `nil` when there is none.
    func string(_ element: String) throws(SecretaryError) -> String? {
        guard let bytes = try secret(element) else { return nil }
        return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The text of an element, in guarded memory.
    func secret(_ element: String) throws(SecretaryError) -> SecretBytes? {
        guard let start = find("<\(element)>", from: 0), let end = find("</\(element)>", from: start.upperBound) else {
            return nil
        }
        return try unsafe SecretBytes(count: end.lowerBound - start.upperBound) { target in
            unsafe text.withUnsafeBytes { bytes in
                unsafe target.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[start.upperBound..<end.lowerBound]))
            }
        }
    }

    private func find(_ tag: String, from start: Int) -> Range<Int>? {
        let tag = Array(tag.utf8)
        return unsafe text.withUnsafeBytes { bytes in
            guard start + tag.count <= bytes.count else { return nil }
            let place = (start...(bytes.count - tag.count)).first { unsafe bytes[$0...].starts(with: tag) }
            return place.map { $0..<($0 + tag.count) }
        }
    }
}
