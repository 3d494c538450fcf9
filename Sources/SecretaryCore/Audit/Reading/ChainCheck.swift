internal import SystemPackage

/// Follows the chain of a log from line to line.
struct ChainCheck: ~Copyable {
    private(set) var verdict = AuditVerdict()
    /// The number that the next record has to have.
    private(set) var expected: UInt64 = 0
    private(set) var lastEvent: AuditEvent?
    private let source: AuditKey?
    private var key: SecretBytes?
    /// The hash of everything so far.
    private var link: [UInt8] = []
    private var publicKey: [UInt8] = []
    private var epoch: UInt64 = 0
    private var file = FilePath()
    /// Whether the next line is the first of a file.
    private var isFirst = true
    /// The end of the last record.
    private var end: UInt64 = 0
    /// Lines that do not belong here, until a record tells of them, and what to say if none does.
    private var stray: [UInt8] = []
    private var strayFault: AuditFault?

    init(key: AuditKey?) {
        source = key
        verdict.isKeyed = key != nil
    }

    /// Whether the file ends here by itself.
    var isFinished: Bool { lastEvent == .stop || lastEvent == .rotate }

    /// Whether the last lines do not belong here.
    var hasStray: Bool { strayFault != nil }

    mutating func beginFile(_ file: FilePath) {
        self.file = file
        isFirst = true
        end = 0
    }

    mutating func fail(at offset: UInt64, _ record: UInt64?, _ what: String) {
        verdict.fault = verdict.fault ?? AuditFault(file: file, offset: offset, record: record, what: what)
    }

    mutating func remark(_ text: String) {
        verdict.remarks.append(text)
    }

    // MARK: Lines

    mutating func take(_ raw: AuditLines.Line) throws(SecretaryError) {
        guard let line = AuditLine(raw.bytes) else {
            let what = "this is no record"
            return isFirst ? fail(at: raw.offset, nil, what) : setAside(raw, nil, what)
        }
        if isFirst { return try takeHeader(line, raw) }
        if line.event == .recovered, try takeRecovered(line, raw) { return }
        if let what = try complaint(about: line) { return setAside(raw, line.sequence, what) }
        guard stray.isEmpty else { return setAside(raw, line.sequence, "") }
        accept(line, raw)
    }

    /// Why a line does not belong here.
    private func complaint(about line: AuditLine) throws(SecretaryError) -> String? {
        if line.sequence < expected {
            return "record \(expected) should be here: this one is out of order, or repeated"
        }
        if line.sequence > expected {
            return expected + 1 == line.sequence
                ? "record \(expected) is missing" : "records \(expected) to \(line.sequence - 1) are missing"
        }
        if !hasRightMAC(line) { return "its MAC is wrong: it was changed, or something before it" }
        if line.event == .begin { return "a file begins in the middle of another" }
        return line.event.isSigned ? signatureComplaint(line) : nil
    }

    private func signatureComplaint(_ line: AuditLine) -> String? {
        guard let part = line.signedPart, let signature = line.fields.octets("signature"),
            line.fields.number("epoch") == epoch, line.fields.octets("next_key") != nil,
            SigningKey.verify(signature, of: AuditChain.signatureLabel + link + part, by: publicKey)
        else {
            return "its signature is wrong: it was changed, or something after record \(verdict.signedUpTo)"
        }
        return nil
    }

    private func hasRightMAC(_ line: AuditLine) -> Bool {
        switch key {
        case .none: return true
        case .some(let key):
            var mac = [UInt8](repeating: 0, count: BLAKE2b.count)
            unsafe key.withUnsafeBytes { key in
                unsafe link.withOctets { link in
                    unsafe line.body.withUnsafeBytes { body in
                        unsafe mac.withUnsafeMutableBytes { unsafe BLAKE2b.hash(link, body, key: key, into: $0) }
                    }
                }
            }
            return mac == line.mac
        }
    }

    private mutating func accept(_ line: AuditLine, _ raw: AuditLines.Line) {
        advanceKey(by: 1)
        unsafe link.withUnsafeMutableBytes { link in
            unsafe raw.bytes.withUnsafeBytes { unsafe BLAKE2b.hash(UnsafeRawBufferPointer(link), $0, into: link) }
        }
        if line.event.isSigned {
            publicKey = line.fields.octets("next_key") ?? []
            epoch += 1
            verdict.signedUpTo = line.sequence
            verdict.nextRoot = publicKey.hexadecimal
        }
        let time = line.fields.text("time") ?? ""
        if verdict.firstRecord == 0 { (verdict.firstRecord, verdict.firstTime) = (line.sequence, time) }
        (verdict.lastRecord, verdict.lastTime) = (line.sequence, time)
        expected = line.sequence + 1
        lastEvent = line.event
        end = raw.offset + UInt64(raw.bytes.count)
    }

    private mutating func advanceKey(by steps: UInt64) {
        guard var key = key.take() else { return }
        AuditKey.advance(&key, by: steps)
        self.key = consume key
    }

    // MARK: The first line of a file

    private mutating func takeHeader(_ line: AuditLine, _ raw: AuditLines.Line) throws(SecretaryError) {
        guard line.event == .begin, line.fields.number("format") == 1, let log = line.fields.text("log"),
            let previous = line.fields.octets("previous"), previous.count == BLAKE2b.count,
            let publicKey = line.fields.octets("public_key"), let epoch = line.fields.number("epoch")
        else { return fail(at: raw.offset, line.sequence, "the file does not begin as an audit log does") }
        if verdict.log.isEmpty {
            verdict.log = log
            verdict.root = publicKey.hexadecimal
            (expected, link, self.publicKey, self.epoch) = (line.sequence, previous, publicKey, epoch)
            key = try source?.key(of: line)
        } else if log != verdict.log {
            return fail(at: raw.offset, line.sequence, "this is a file of another log, \(log) and not \(verdict.log)")
        } else if line.sequence == expected, previous != link || publicKey != self.publicKey || epoch != self.epoch {
            return fail(at: raw.offset, line.sequence, "it does not go on where the file before it ends")
        }
        isFirst = false
        if line.sequence == expected, hasRightMAC(line) {
            accept(line, raw)
        } else {
            fail(at: raw.offset, line.sequence, try complaint(about: line) ?? "")
        }
    }

    // MARK: What the log says was not as it should have been

    /// Takes a record that tells of stray bytes before it, or of records that are lost.
    /// - Returns: `false` when it does not belong here.
    private mutating func takeRecovered(_ line: AuditLine, _ raw: AuditLines.Line) throws(SecretaryError) -> Bool {
        let strayCount = line.fields.number("stray") ?? 0
        guard strayCount == raw.offset - end, line.sequence >= expected,
            let previous = line.fields.octets("previous"), previous.count == BLAKE2b.count
        else { return false }
        if strayCount > 0 {
            guard stray.count == strayCount, line.fields.octets("stray_hash") == BLAKE2b.hash(stray) else {
                return false
            }
        }
        let gap = line.sequence - expected
        let lost = line.fields.number("lost") ?? 0
        guard gap <= lost, gap > 0 || previous == link, gap < AuditKey.maximumSteps else { return false }
        if gap > 0 {
            guard let publicKey = line.fields.octets("public_key"), let epoch = line.fields.number("epoch") else {
                return false
            }
            advanceKey(by: gap)
            (link, expected, self.publicKey, self.epoch) = (previous, line.sequence, publicKey, epoch)
        }
        guard hasRightMAC(line) else { return false }
        (stray, strayFault) = ([], nil)
        verdict.missing = min(verdict.missing + lost, AuditFields.maximumNumber)
        remark("record \(line.sequence): \(line.fields.text("reason") ?? "")")
        accept(line, raw)
        return true
    }

    /// Keeps a line that does not belong here until the next record tells of it.
    private mutating func setAside(_ raw: AuditLines.Line, _ record: UInt64?, _ what: String) {
        strayFault = strayFault ?? AuditFault(file: file, offset: raw.offset, record: record, what: what)
        stray += raw.bytes
        if stray.count > StrayBytes.maximumCount { _ = reportStray() }
    }

    /// - Returns: whether there are lines that do not belong here.
    mutating func reportStray() -> Bool {
        if let strayFault { verdict.fault = verdict.fault ?? strayFault }
        return strayFault != nil
    }
}
