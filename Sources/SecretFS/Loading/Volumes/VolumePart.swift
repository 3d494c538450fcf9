package import SecretaryCore

/// What a definition of a volume leads to.
package struct VolumeContent: Sendable {
    private(set) var source: RepositorySource
    let keys: VolumeKeys
    let canOpen: @Sendable (Envelope) -> Bool

    /// - Parameters:
    ///   - keys: where keys were looked for.
    ///   - canOpen: whether there is a key for an envelope.
    package init(
        source: RepositorySource, keys: VolumeKeys, canOpen: @escaping @Sendable (Envelope) -> Bool
    ) {
        self.source = source
        self.keys = keys
        self.canOpen = canOpen
    }

    /// The same, with what is known of the files from the one before, of the same definition.
    func continuing(_ former: VolumeContent) -> VolumeContent {
        var content = self
        content.source = source.continuing(former.source)
        return content
    }
}

/// What a volume adds to a mount at one moment.
struct VolumePart {
    let name: String
    /// `nil` when it never could be read.
    let shown: LoadedSource?
    /// Why it is not shown as it is defined now.
    let error: SecretaryError?

    var status: VolumeStatus {
        VolumeStatus(name: name, secrets: shown?.files.secretCount, error: error)
    }

    /// Whether it may be well again without anybody being told.
    var mayMendItself: Bool {
        guard let error else { return false }
        // What is wrong inside a file that is watched is mended by changing it.
        return shown == nil || error.code != .malformed && error.code != .configuration
    }
}

extension LoadedSource {
    /// Adds a volume, in a folder of its own.
    mutating func add(_ part: VolumePart) {
        volumes.append(part.status)
        if part.mayMendItself { isIncomplete = true }
        guard let shown = part.shown else { return }
        folders[Array(part.name.utf8)] = shown.files
        places.formUnion(shown.places)
        auxiliaries.formUnion(shown.auxiliaries)
        isRestless = isRestless || shown.isRestless
        warnings += shown.warnings.map { "volume \(part.name): \($0)" }
    }
}

extension CachePolicy {
    /// Makes sure that a mount with this policy can do what a volume wants.
    /// - Throws: `.configuration`.
    func requireObedience(to definition: VolumeDefinition) throws(SecretaryError) {
        if let wanted = definition.meaning.cache, wanted != self {
            throw SecretaryError(
                .configuration,
                "it wants cache=\(wanted.rawValue), and the mount has --cache \(rawValue) for all its volumes",
                hint: "leave the option cache out, or mount another folder of volumes with --cache \(wanted.rawValue)")
        }
        guard self == .resident, definition.meaning.readers == .mounted else { return }
        throw SecretaryError(
            .configuration, "readers=mounted cannot be kept with --cache resident: nobody hears of an open",
            hint: "mount with --cache open or strict, or give the volume the option readers=any")
    }
}
