public import SecretaryCore

/// Why one reader may open one file of a mount, or may not: the answers of the code that a mount asks.
public struct Explanation: Sendable {
    /// Where the file's value is written.
    public let source: String
    /// The kernel's: the first that is asked.
    public let mode: ReaderDecision
    /// That of the rules about readers; `nil` for a file that is no secret.
    public let readers: ReaderDecision?
    /// That of the scopes, for the identity of the mount; `nil` for a file that is no secret.
    public let scopes: ReaderDecision?
    /// What the file is sealed with; empty for a file that is no secret.
    public let envelopes: [Envelope]

    /// The decision of the first that denies; else of the rules.
    public var decision: ReaderDecision {
        let all = [mode, readers, scopes].compactMap(\.self)
        return all.first { !$0.isAllowed } ?? readers ?? mode
    }

    /// - Parameter groups: all groups that the reader is in.
    public init(of file: PlannedFile, for reader: ReaderProcess, groups: [UInt32]) {
        source = file.source
        mode = file.modeCheck(uid: reader.uid, groups: groups)
        guard case .secret(let secret) = file.body else {
            (readers, scopes, envelopes) = (nil, nil, [])
            return
        }
        readers = secret.readers.decide(reader)
        scopes = secret.scopeDecision
        envelopes = secret.envelopes
    }
}

extension RepositorySource {
    /// The file that a mount would have at a path.
    /// - Throws: `.noInput` when there is none, and whatever reading the source throws.
    public func file(at path: String) throws(SecretaryError) -> PlannedFile {
        let names = path.split(separator: "/").map { Array($0.utf8) }
        let files = try load(unsettled: []).files.all
        if let file = files.first(where: { $0.path.map(FileName.encode) == names }) { return file }
        throw SecretaryError(
            .noInput, "\(description) shows no file \(path)",
            hint: "name it as it is in the mount, from the mountpoint on, such as tls/key.pem")
    }
}
