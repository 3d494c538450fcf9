package import SystemPackage

/// The options of a volume, understood; what is `nil` is as the mount has it.
package struct VolumeOptions: Sendable, Hashable {
    /// Absolute, or below the folder of sources.
    package let source: FilePath
    package let view: String?
    package let select: String?
    package let layout: Layout
    package let app: AppPath?
    /// Daemons that open the secrets, in the order in which they are asked; empty for keys at hand.
    package let urls: [String]
    /// Absolute, or below the folder of keys.
    package let deployKeyFile: FilePath?
    package let serviceKeyFile: FilePath?
    package let uid: UInt32?
    package let gid: UInt32?
    /// Permission bits.
    package let mode: UInt32?
    package let readers: VolumeReaders
    package let cache: CachePolicy?

    /// - Parameter volume: its name, for errors.
    /// - Throws: `.usage`, naming option and volume, for an option that is unknown, missing, or does not go with another, and for
    ///   a value that cannot be used.
    init(_ options: [String: String], of volume: String) throws(SecretaryError) {
        let reader = try VolumeOptionReader(options, of: volume)
        guard let source = try reader.value(.source, VolumeOptionReader.path) else {
            throw SecretaryError(
                .usage, "volume \(volume) has no source", hint: "add -o source=FILE, a config file or a folder of them")
        }
        self.source = source
        view = try reader.value(.view) { $0 }
        select = try reader.value(.select) { (text) throws(SecretaryError) in
            try ConfigPath(parsing: text).description
        }
        layout = try reader.choice(.layout) ?? .keys
        app = try reader.value(.app) { (text) throws(SecretaryError) in try AppPath(parsing: text) }
        urls = try reader.value(.url, VolumeOptionReader.list) ?? []
        deployKeyFile = try reader.value(.deployKeyFile, VolumeOptionReader.path)
        serviceKeyFile = try reader.value(.serviceKeyFile, VolumeOptionReader.path)
        uid = try reader.value(.uid, ViewReader.identifier)
        gid = try reader.value(.gid, ViewReader.identifier)
        mode = try reader.value(.mode, VolumeOptionReader.mode)
        readers = try reader.choice(.readers) ?? .mounted
        cache = try reader.choice(.cache)
        try reader.refuse(.select, with: .view, because: "a view says by itself what is shown")
        if layout == .files {
            for option in [VolumeOption.select, .view] {
                try reader.refuse(option, with: .layout, because: "layout=files shows whole files")
            }
        }
        try reader.require(.app, for: .url, because: "a daemon has to be told who asks")
        try reader.require(.deployKeyFile, for: .url, because: "a daemon wants proof of who asks")
        try reader.require(.url, for: .serviceKeyFile, because: "only a daemon asks for it")
    }
}
