internal import Glibc
internal import SystemPackage

// Before each record: is the file still the one that we left? Whatever is not as it was is set right, and said in a record.

extension AuditFileWriter {
    /// Makes `file` one that the next line belongs at the end of.
    func prepare() throws(SecretaryError) {
        // What an attempt before this one has found it finds again.
        (reasons, lost) = (standingReasons, 0)
        guard let file else { return try open() }
        let status = try file.status()
        if AuditOpenFile.identity(at: paths.log) != identity {
            try leave(file, status)
        } else if status.size != chain.state.length {
            try reconcile(file, status.size)
        }
        if chain.state.length > UInt64(settings.maximumSize) { try rotate() }
    }

    // MARK: Opening

    private func open() throws(SecretaryError) {
        chain.removeLines()
        let found = try AuditOpenFile.open(paths.log, flags: O_RDWR | O_APPEND, forbidden: 0o022)
        if let found, try isOurs(found) {
            try use(found)
            return try reconcile(found, try found.status().size)
        }
        if !chain.state.isBetweenFiles, found == nil {
            reasons.append("\(paths.log) is gone, which ended with record \(chain.state.sequence - 1)")
        }
        try begin(in: found)
    }

    /// Whether the records of the file are those that the state goes on from.
    private func isOurs(_ file: AuditOpenFile) throws(SecretaryError) -> Bool {
        if !chain.state.isBetweenFiles { return true }
        // A writer that was killed after the first line, and before it could write the state.
        let start = try file.read(AuditLine.maximumCount, at: 0)
        guard let end = start.firstIndex(of: UInt8(ascii: "\n")), let line = AuditLine(start[...end]) else {
            return false
        }
        return chain.fits(line)
    }

    private func use(_ file: AuditOpenFile) throws(SecretaryError) {
        self.file = file
        identity = try file.status().identity
    }

    /// Begins the next file of the chain.
    /// - Parameter found: what is at its path.
    private func begin(in found: AuditOpenFile?) throws(SecretaryError) {
        if let found, try found.status().size == 0 {
            try use(found)
        } else {
            if let found { try setAside(found) }
            guard
                let new = try AuditOpenFile.open(
                    paths.log, flags: O_RDWR | O_APPEND | O_CREAT | O_EXCL, forbidden: 0o022)
            else { return }
            try use(new)
            paths.syncFolder()
        }
        chain.state.length = 0
        try writeHeader()
        if !reasons.isEmpty { try recovered() }
    }

    private func writeHeader() throws(SecretaryError) {
        chain.state.firstInFile = chain.state.sequence
        var header = AuditText()
        try addHeader(to: &header)
        try chain.append(.begin, at: WallClock.nanoseconds()) { $0.add(header) }
        try flush()
    }

    /// Takes a file out of the way that no record can be added to; nothing is lost.
    private func setAside(_ found: AuditOpenFile) throws(SecretaryError) {
        let last = try AuditTail(of: found).lastLine
        let lastRecord = chain.state.sequence - 1
        if let last, last.event == .rotate, last.sequence == lastRecord {
            // Finished, and killed before it got its name.
            return try paths.move(paths.log, to: paths.finished(lastRecord: lastRecord))
        }
        let place = paths.foreign(nextRecord: chain.state.sequence)
        try paths.move(paths.log, to: place)
        reasons.append("\(paths.log) was a file that this log cannot go on in; it is now \(place)")
    }

    // MARK: Another file

    /// Finishes a file and begins the next.
    private func rotate() throws(SecretaryError) {
        // The number of the record that is about to be written.
        let finished = paths.finished(lastRecord: chain.state.sequence)
        try chain.append(.rotate, at: WallClock.nanoseconds()) { $0.add("file", finished.lastComponent?.string) }
        try flush()
        try file?.sync()
        file = nil
        try open()
    }

    /// The file has lost its name: somebody renamed it, as logrotate does, or deleted it.
    private func leave(_ file: AuditOpenFile, _ status: AuditOpenFile.Status) throws(SecretaryError) {
        if status.links > 0 {
            if status.size != chain.state.length { try reconcile(file, status.size) }
            guard self.file === file else { return }
            try chain.append(.rotate, at: WallClock.nanoseconds()) { $0.add("reason", "the file was renamed") }
            try flush()
            try file.sync()
        } else {
            let first = chain.state.firstInFile
            reasons.append("\(paths.log) was deleted with records \(first) to \(chain.state.sequence - 1)")
            lost += chain.state.sequence - first
            chain.state.isBetweenFiles = true
        }
        self.file = nil
        try open()
    }

    // MARK: The same file, changed

    /// Makes the file and the state agree on where the next line begins.
    private func reconcile(_ file: AuditOpenFile, _ size: UInt64) throws(SecretaryError) {
        if size > chain.state.length { try replay(file, size) }
        if chain.state.isBetweenFiles {
            self.file = nil
            return try open()
        }
        if size == 0, chain.state.length > 0 {
            reasons.append("\(paths.log) was emptied")
            lost += chain.state.sequence - chain.state.firstInFile
            chain.state.length = 0
            try writeHeader()
            return try recovered()
        }
        if size < chain.state.length { try acceptLoss(file, size) }
        if size > chain.state.length {
            let what = "are no records: one that was not written whole, or something else's"
            try skipStray(file, from: chain.state.length, to: size, what)
        }
    }

    /// Takes in the lines that the writer before could not put into the state any more.
    private func replay(_ file: AuditOpenFile, _ size: UInt64) throws(SecretaryError) {
        if chain.state.isBetweenFiles { chain.state.firstInFile = chain.state.sequence }
        while chain.state.length < size {
            let bytes = try file.read(AuditLine.maximumCount, at: chain.state.length)
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), let line = AuditLine(bytes[...end]),
                chain.fits(line)
            else { break }
            chain.advance(over: line)
            if chain.state.isBetweenFiles { break }
        }
        try confirm()
    }

    /// The state knows of records that are not in the file: the machine stopped before they were on the disk, or somebody
    /// cut the file off.
    private func acceptLoss(_ file: AuditOpenFile, _ size: UInt64) throws(SecretaryError) {
        let tail = try AuditTail(of: file)
        guard let last = tail.lastLine else {
            reasons.append("\(paths.log) was cut off before its first record ended")
            lost += chain.state.sequence - chain.state.firstInFile
            chain.state.isBetweenFiles = true
            self.file = nil
            return try open()
        }
        let missing = chain.state.sequence - 1 - min(last.sequence, chain.state.sequence - 1)
        reasons.append("\(paths.log) was cut off: records \(last.sequence + 1) to \(chain.state.sequence - 1) are lost")
        lost += missing
        if tail.end < size {
            try skipStray(file, from: tail.end, to: size, "are the rest of a record")
        } else {
            chain.state.length = size
            try recovered()
        }
    }

    /// Goes on behind bytes that are no records, and says so.
    private func skipStray(
        _ file: AuditOpenFile, from start: UInt64, to end: UInt64, _ what: String
    ) throws(SecretaryError) {
        var stray = try StrayBytes(in: file, from: start, to: end)
        if !stray.endsLine {
            try file.append([UInt8(ascii: "\n")])
            stray.endLine()
        }
        reasons.append("\(stray.count) bytes from \(start) on \(what)")
        chain.state.length = start + stray.count
        try recovered(stray)
    }

    /// Tells what was found.
    private func recovered(_ stray: StrayBytes? = nil) throws(SecretaryError) {
        let (lost, reason) = (self.lost, reasons.joined(separator: "; "))
        let epoch = chain.state.epoch
        let publicKey = try chain.publicKey
        let link = chain.state.link
        try chain.append(.recovered, at: WallClock.nanoseconds()) { line in
            line.add("reason", reason)
            line.add("previous", hexadecimal: link)
            if lost > 0 {
                line.add("lost", lost)
                line.add("epoch", epoch)
                line.add("public_key", hexadecimal: publicKey)
            }
            if let stray {
                line.add("stray", stray.count)
                line.add("stray_hash", hexadecimal: stray.hash)
            }
        }
        try flush()
        (reasons, standingReasons, self.lost) = ([], [], 0)
    }
}
