extension ConfigNode {
    /// The text of a single value, when there is no envelope in it; numbers and the like as they are written.
    package var literalText: String? {
        guard case .value(let value) = self, value.kind != .null else { return nil }
        return value.value.literalBytes.map { String(decoding: $0, as: UTF8.self) }
    }
}
