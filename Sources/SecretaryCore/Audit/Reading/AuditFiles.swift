internal import SystemPackage

/// Files of one log.
enum AuditFiles {
    /// The files in the order of their records, without `FILE.state` and `FILE.key`: whoever says `FILE*` means the log.
    static func inOrder(_ files: [FilePath]) throws(SecretaryError) -> [FilePath] {
        let logs = files.filter { $0.extension != "state" && $0.extension != "key" }
        var found: [(first: UInt64, file: FilePath)] = []
        for file in logs.isEmpty ? files : logs {
            var lines = try AuditLines(file)
            let line = try lines.next()
            found.append((line.flatMap { AuditLine($0.bytes) }?.sequence ?? 0, file))
        }
        return found.sorted { $0.first < $1.first }.map(\.file)
    }
}
