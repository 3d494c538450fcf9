public import SystemPackage

/// Files with what is kept for the day when the key is needed again: ciphertext, and yet only for their owner to read.
public enum CustodyFiles {
    /// Writes a share for each operator, `share-NUMBER-NAME.pem` (0600), and `shares.json` (0644): all of them, or none.
    /// - Parameter operators: who gets the shares, in the order of their numbers; no two have one name.
    /// - Returns: the files, that of the set at the end.
    /// - Throws: `.cannotCreate`, naming the file; files that exist are never replaced.
    public static func write(
        _ shares: [KeyShare], of key: PrivateKey, for operators: [(name: String, key: PublicKey)], in folder: FilePath
    ) throws(SecretaryError) -> [FilePath] {
        guard let first = shares.first, shares.count == operators.count else {
            preconditionFailure("a share for each operator")
        }
        let set = ShareSet(
            identifier: first.set, key: key.publicKey, threshold: first.threshold,
            members: zip(shares, operators).map { share, owner in
                ShareSet.Member(share: share, name: owner.name, operatorKey: owner.key)
            })
        var files = zip(shares, operators).map { share, owner in
            file("share-\(share.number)-\(owner.name).pem", 0o600, share.text(sealedTo: owner.key, named: owner.name))
        }
        files.append(file("shares.json", 0o644, set.text))
        try install(files, in: folder)
        return files.map { folder.appending($0.name) }
    }

    /// Writes one file (0600), which must not exist.
    /// - Throws: `.cannotCreate`, naming the file.
    public static func write(_ text: [UInt8], to path: FilePath) throws(SecretaryError) {
        guard let name = path.lastComponent else {
            throw SecretaryError(.cannotCreate, "'\(path)' cannot be the name of a file")
        }
        let folder = path.removingLastComponent()
        try install([file(name.string, 0o600, text)], in: folder.isEmpty ? "." : folder)
    }

    private static func install(_ files: [NewFile], in folder: FilePath) throws(SecretaryError) {
        do {
            try NewFile.install(files, in: Folder(folder), replacing: false)
        } catch {
            throw SecretaryError(error.code, error.message, hint: "choose another place: nothing is ever replaced")
        }
    }

    /// Reads a file of ciphertext, no larger than any of these.
    /// - Throws: `.noInput` when it cannot be read, `.malformed` when it is too large; both name it.
    public static func read(_ path: FilePath) throws(SecretaryError) -> [UInt8] {
        let file: FileDescriptor
        do {
            file = try unsafe path.withPlatformString { path in try unsafe KeyFiles.open(path) }
        } catch {
            throw SecretaryError(.noInput, "cannot read \(path): \(error)")
        }
        defer { try? file.close() }
        do {
            let text = try SecretBytes(readingAll: file, limit: 1 << 20)
            return unsafe text.withUnsafeBytes { unsafe Array($0) }
        } catch {
            throw error.prefixed("\(path)")
        }
    }

    private static func file(_ name: String, _ mode: UInt32, _ text: [UInt8]) -> NewFile {
        NewFile(name: name, mode: mode) { (file) throws(SecretaryError) in
            do {
                try file.writeAll(text)
            } catch {
                throw SecretaryError(.io, "\(error)")
            }
        }
    }
}
