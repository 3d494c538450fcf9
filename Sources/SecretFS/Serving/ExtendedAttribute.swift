internal import Glibc
internal import SecretaryCore

/// What can be asked of a secret's file without decrypting it: `getfattr -d FILE`.
enum ExtendedAttribute: String, CaseIterable {
    /// Who may have it, as the envelopes say; several are separated by spaces, none is `none`.
    case scope = "user.secretary.scope"
    /// Where it is written: `FILE:LINE:COLUMN`.
    case source = "user.secretary.source"
    /// Names this version of the value.
    case version = "user.secretary.version"
    /// `held` while its plaintext is in memory for whoever has it open, else `sealed`; of what a daemon or a key service has
    /// opened before, `stale` when it has to be asked again, and `fresh` when not.
    case state = "user.secretary.state"
    /// Seconds since the mount first saw this version.
    case age = "user.secretary.age"

    func text(of file: SecretFile, _ attributes: Attributes, isHeld: Bool) -> String {
        switch self {
        case .scope:
            let scopes = file.scopes
            return scopes.isEmpty ? "none" : scopes.joined(separator: " ")
        case .source: return file.source
        case .version: return file.version.prefix(8).hexadecimal
        case .state:
            let kept = file.keptState
            return kept == .stale ? "stale" : isHeld ? "held" : kept == .fresh ? "fresh" : "sealed"
        case .age: return String(max(0, (WallClock.nanoseconds() - attributes.modified) / 1_000_000_000))
        }
    }
}
