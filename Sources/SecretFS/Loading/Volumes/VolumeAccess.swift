package import SecretaryCore

/// The volume that a file is in, and for whom it opens.
package struct VolumeAccess: Sendable {
    let name: String
    let readers: VolumeReaders

    package init(_ definition: VolumeDefinition) {
        name = definition.name
        readers = definition.meaning.readers
    }
}
