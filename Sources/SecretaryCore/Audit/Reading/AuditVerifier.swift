internal import Glibc
public import SystemPackage

/// Verifies a log: that each record is as it was written, that none is missing, and that files belong together.
public struct AuditVerifier {
    private let key: AuditKey?
    private let root: String?
    private let allowsPart: Bool

    /// - Parameters:
    ///   - key: without one only what is signed can be verified.
    ///   - root: the public key that the first file has to begin with, in hexadecimal digits.
    ///   - allowsPart: the log may begin after its first record, and end without a last one.
    public init(key: AuditKey? = nil, root: String? = nil, allowsPart: Bool = false) {
        self.key = key
        self.root = root
        self.allowsPart = allowsPart
    }

    /// - Parameter files: of one log, in any order.
    /// - Throws: `.noInput` when a file cannot be read, `.wrongKey` when the key is another log's.
    public func verify(_ files: [FilePath]) throws(SecretaryError) -> AuditVerdict {
        var check = ChainCheck(key: key)
        let files = try AuditFiles.inOrder(files)
        for (index, file) in files.enumerated() {
            var lines = try AuditLines(file)
            check.beginFile(file)
            try read(&lines, of: file, isLast: index == files.count - 1, &check)
            if check.verdict.fault != nil { return check.verdict }
        }
        if let root, check.verdict.root != root {
            check.fail(at: 0, nil, "it begins with the key \(check.verdict.root), not with \(root)")
        }
        if check.verdict.firstRecord > 1, !allowsPart {
            check.fail(
                at: 0, check.verdict.firstRecord,
                "the log begins with record \(check.verdict.firstRecord): give the files before it, too, or --part")
        }
        return check.verdict
    }

    private func read(
        _ lines: inout AuditLines, of file: FilePath, isLast: Bool, _ check: inout ChainCheck
    ) throws(SecretaryError) {
        guard isLast, let state = AuditWriterState(beside: file) else {
            try takeAll(&lines, &check)
            return end(&lines, of: file, isLast: isLast, next: nil, &check)
        }
        let limit = ContinuousClock.now + Self.patience
        var isRead = false
        while !isRead {
            isRead = try state.whileQuiet { (isQuiet) throws(SecretaryError) in
                try takeAll(&lines, &check)
                let next = try state.next(of: check.verdict.log)
                // A writer may be in the middle of it: a line half written, or one that its state does not tell of yet.
                let isEnd = lines.isAtEnd && (next == check.expected || check.isFinished)
                guard isQuiet || isEnd || check.verdict.fault != nil || check.hasStray || .now > limit else {
                    return false
                }
                end(&lines, of: file, isLast: isLast, next: next, &check)
                return true
            }
            if !isRead { usleep(1000) }
        }
    }

    /// How long a writer may take to finish what it has begun.
    private static let patience = Duration.seconds(5)

    /// Takes all whole lines that are there.
    private func takeAll(_ lines: inout AuditLines, _ check: inout ChainCheck) throws(SecretaryError) {
        while check.verdict.fault == nil, let line = try lines.next(),
            line.isWhole || line.bytes.count >= AuditLine.maximumCount
        {
            try check.take(line)
        }
    }

    /// Looks at how a file ends.
    /// - Parameter next: the number of the next record, as the state beside the file has it; `nil` where there is none.
    private func end(
        _ lines: inout AuditLines, of file: FilePath, isLast: Bool, next: UInt64?, _ check: inout ChainCheck
    ) {
        if check.verdict.fault != nil || check.reportStray() { return }
        if !lines.isAtEnd {
            return check.fail(at: lines.offset, check.expected, "the file ends within a record")
        }
        guard !check.isFinished else {
            guard isLast, check.lastEvent == .rotate else { return }
            let what = "the log goes on in another file"
            if allowsPart { return check.remark(what) }
            return check.fail(at: lines.offset, check.expected, what + ": give it, too, or --part")
        }
        guard isLast else {
            return check.fail(at: lines.offset, check.expected, "the file ends before the log says so")
        }
        switch next {
        case check.expected?: check.remark("the log has not been ended; \(file).state confirms that nothing follows")
        case let state?:
            check.fail(
                at: lines.offset, check.expected,
                state > check.expected
                    ? "the file is cut off: \(file).state tells of records up to \(state - 1)"
                    : "\(file).state tells of records up to \(state - 1) only")
        case nil where allowsPart: check.remark("the log has not been ended: what follows is not known")
        case nil:
            check.fail(
                at: lines.offset, check.expected,
                "the log does not end with a last record: it is cut off, or was copied while it was written (--part)")
        }
    }
}
