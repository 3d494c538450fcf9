/// What is answered to a `SwarmSecretRequest`: a line that says how many bytes follow, or why none do.
///
///     {"count":"17"}                                  and then the 17 bytes of the value
///     {"status":"77","message":"…","hint":"…"}        and then nothing; the status is that of `SecretaryError`
///
/// So an empty value, a refusal, and a connection that is broken are three things.
package enum SwarmSecretAnswer {
    /// Comes before the value.
    package static func head(count: Int) -> [UInt8] { line([("count", "\(count)")]) }

    /// All there is when there is no value.
    package static func refusal(_ error: SecretaryError) -> [UInt8] {
        var members = [("status", "\(error.code.rawValue)"), ("message", error.message)]
        if let hint = error.hint { members.append(("hint", hint)) }
        return line(members)
    }

    private static func line(_ members: [(String, String)]) -> [UInt8] {
        Array((JSONText.object(members.map { ($0, .string($1)) }).line + "\n").utf8)
    }

    /// More than the longest answer has.
    package static let maximumCount = SwarmSecretRequest.valueCounts.upperBound + maximumHeadCount
    private static let maximumHeadCount = 16 << 10

    /// The value of an answer that has come to its end.
    /// - Throws: the refusal; `.unavailable` when not all of it has come, `.malformed` when it is none.
    package static func value(of answer: borrowing SecretBytes) throws(SecretaryError) -> SecretBytes {
        let head = unsafe answer.withUnsafeBytes { bytes in
            unsafe bytes.prefix(maximumHeadCount).firstIndex(of: UInt8(ascii: "\n")).map { unsafe Array(bytes[..<$0]) }
        }
        guard let head else { throw brokenOff }
        let members = try FlatJSON.strings(in: head)
        guard let count = members["count"].flatMap({ Int($0) }) else { throw error(members) }
        guard count == answer.count - head.count - 1 else { throw brokenOff }
        return try unsafe SecretBytes(count: count) { target in
            unsafe answer.withUnsafeBytes { unsafe target.copyMemory(from: $0.part(head.count + 1, count)) }
        }
    }

    private static let brokenOff = SecretaryError(.unavailable, "the answer breaks off")

    private static func error(_ head: [String: String]) -> SecretaryError {
        guard let code = head["status"].flatMap({ Int32($0) }).flatMap(SecretaryError.Code.init(rawValue:)),
            let message = head["message"]
        else { return SecretaryError(.malformed, "the answer says neither a count nor a reason") }
        return SecretaryError(code, message, hint: head["hint"])
    }
}
