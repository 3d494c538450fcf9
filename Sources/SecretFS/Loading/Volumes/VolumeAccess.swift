internal import SecretaryCore

/// The volume that a file is in, and for whom it opens.
struct VolumeAccess: Sendable {
    let name: String
    let readers: VolumeReaders
}

extension PlannedFile {
    /// The same file in a volume, below the volume's folder.
    func inVolume(_ volume: VolumeAccess) -> PlannedFile {
        var file = self
        file.path.insert(Array(volume.name.utf8), at: 0)
        if case .secret(let secret) = body { file.body = .secret(secret.inVolume(volume)) }
        return file
    }
}
