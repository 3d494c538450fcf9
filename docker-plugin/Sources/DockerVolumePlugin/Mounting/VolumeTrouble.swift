import SecretaryCore
import SystemPackage

/// Why the mount does not show a volume, from its `.secretary/status`.
enum VolumeTrouble {
    /// - Returns: `nil` when the mount knows of none.
    static func find(_ volume: String, in root: FilePath) -> SecretaryError? {
        let file = root.appending(".secretary").appending("status")
        guard let status = try? ConfigFile.read(file, format: .json).root,
            case .sequence(let volumes)? = status.child("volumes"),
            let found = volumes.first(where: { $0.child("name")?.literalText == volume }),
            let error = found.child("error")?.literalText
        else { return nil }
        return SecretaryError(.unavailable, "volume \(volume): \(error)", hint: found.child("hint")?.literalText)
    }
}
