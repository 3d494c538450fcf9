import ArgumentParser
import SystemPackage

/// `SOURCE=PLACE`, as after `exec --mount`.
struct PrivateMount: ExpressibleByArgument, Sendable {
    let source: String
    let place: String

    /// The last `=` counts: names of folders hold one less often than those of files.
    init?(argument: String) {
        guard let equals = argument.lastIndex(of: "=") else { return nil }
        source = String(argument[..<equals])
        place = String(argument[argument.index(after: equals)...])
        if source.isEmpty || place.isEmpty { return nil }
    }

    /// Tells places apart, however they are written.
    var normalizedPlace: FilePath { FilePath(place).lexicallyNormalized() }
}
