/// What systemd asks for when it starts a unit with `LoadCredential=NAME:SOCKET` (systemd.exec(5)).
///
/// It sends nothing, but binds its end of the connection to an abstract name that says it: a NUL byte, a random number, and
/// `/unit/UNIT/NAME`.
struct CredentialRequest: Hashable, Sendable, CustomStringConvertible {
    let unit: String
    let credential: String

    /// - Parameter peer: the name of the other end, without its family; any process can have given itself one.
    /// - Returns: `nil` when it is not of that form.
    init?(peer: some Collection<UInt8>) {
        guard peer.first == 0, let text = String(validating: peer.dropFirst(), as: UTF8.self) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[1] == "unit", Self.isName(parts[2]), Self.isName(parts[3]) else { return nil }
        unit = String(parts[2])
        credential = String(parts[3])
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text != "." && text != ".." && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// The view whose secrets the unit gets: the unit's own name, without its kind and its instance.
    var view: String {
        let name = unit.lastIndex(of: ".").map { unit[..<$0] } ?? unit[...]
        return String(name.prefix { $0 != "@" })
    }

    var description: String { "\(unit)/\(credential)" }
}
