internal import SystemPackage

/// Files of one log.
enum AuditFiles {
    /// The files in the order of their records.
    static func inOrder(_ files: [FilePath]) throws(SecretaryError) -> [FilePath] {
        var found: [(first: UInt64, file: FilePath)] = []
        for file in files {
            var lines = try AuditLines(file)
            let line = try lines.next()
            found.append((line.flatMap { AuditLine($0.bytes) }?.sequence ?? 0, file))
        }
        return found.sorted { $0.first < $1.first }.map(\.file)
    }
}
