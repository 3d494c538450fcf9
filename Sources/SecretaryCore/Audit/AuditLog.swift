internal import SystemPackage

/// The record of who was let see which secret, which nobody can change afterwards without being found out.
///
/// Goes to one or several sinks. A record is confirmed by one of them before `append` returns; who asked for the secret
/// must not get it otherwise. No sink holds anybody up longer than the deadline.
public final class AuditLog: Sendable {
    private let file: (any AuditSink)?
    private let streams: [AuditStreamSink]
    private let deadline: Duration

    /// - Parameters:
    ///   - backlog: where records wait in the mode `group`; without one, each is on the disk before `append` returns.
    ///   - patience: how long to wait for another writer of the file, which may be about to end.
    /// - Throws: `.cannotCreate` when the file cannot be written to, `.denied` when others may change it.
    public init(
        _ settings: AuditSettings, backlog: AuditBacklog? = nil, patience: Duration = .seconds(2)
    ) throws(SecretaryError) {
        var streams: [AuditStreamSink] = []
        if settings.syslog {
            streams.append(try AuditStreamSink("syslog", SystemLog(), deadline: settings.deadline))
        }
        if settings.standardOutput {
            streams.append(try AuditStreamSink("stdout", StandardOutput(), deadline: settings.deadline))
        }
        self.streams = streams
        // All sinks together have one deadline.
        deadline = streams.isEmpty || settings.file == nil ? settings.deadline : settings.deadline / 2
        guard let path = settings.file else {
            file = nil
            return
        }
        let copy = { @Sendable [streams] (lines: ArraySlice<UInt8>) in
            for stream in streams {
                for line in lines.split(separator: UInt8(ascii: "\n")) { stream.offer(line + [UInt8(ascii: "\n")]) }
            }
        }
        if settings.sync == .group, let backlog {
            file = try AuditGroupSink(settings, path, backlog, deadline: deadline, patience: patience, copy: copy)
        } else {
            file = try AuditFileSink(settings, path, deadline: deadline, patience: patience, copy: copy)
        }
    }

    /// Returns when a sink has confirmed the record.
    ///
    /// The other sinks get it as soon as they can. A record that the file does not take goes to them without a number and
    /// a MAC.
    /// - Parameter willWait: called before this takes longer than putting something in memory.
    /// - Throws: `.io` when none has in time.
    public func append(_ record: AuditRecord, willWait: () -> Void = {}) throws(SecretaryError) {
        try append([record], willWait: willWait)
    }

    /// The same for several records: they share the wait for the disk.
    public func append(_ records: [AuditRecord], willWait: () -> Void = {}) throws(SecretaryError) {
        var reasons: [String] = []
        if let file {
            guard let error = file.write(records, willWait: willWait) else { return }
            reasons.append(error.message)
        }
        for record in records where !streams.isEmpty {
            willWait()
            let confirmation = Confirmation(sinks: streams.count)
            var line = AuditText()
            line.begin(nil, record.time, record.event)
            line.add(record)
            line.end()
            for stream in streams { stream.offer(line.bytes, confirmation) }
            guard let failures = confirmation.wait(for: deadline) else { continue }
            throw Self.unconfirmed(reasons + failures)
        }
        if streams.isEmpty { throw Self.unconfirmed(reasons) }
    }

    private static func unconfirmed(_ reasons: [String]) -> SecretaryError {
        SecretaryError(
            .io, "no audit sink has confirmed the record: " + reasons.joined(separator: "; "),
            hint: "what cannot be audited is not let out; make room, or mend the sink")
    }

    /// Writes the last record, signs everything, and ends.
    public func close(_ record: AuditRecord) throws(SecretaryError) {
        defer { for stream in streams { stream.stop() } }
        do throws(SecretaryError) {
            try append(record)
        } catch {
            try? file?.stop()
            throw error
        }
        try file?.stop()
    }

    /// How the sinks are, for `.secretary/status`.
    public var status: [AuditSinkStatus] {
        (file.map { [$0.status] } ?? []) + streams.map(\.status)
    }
}
