import SecretaryCore
import SystemPackage

/// A verdict, for people and for programs.
struct AuditVerdictText {
    private let verdict: AuditVerdict
    private let json: Bool

    init(_ verdict: AuditVerdict, json: Bool) {
        self.verdict = verdict
        self.json = json
    }

    func print() throws(SecretaryError) {
        if json { return try Output.line(object.line) }
        for remark in verdict.remarks { Report.note(remark) }
        if verdict.fault == nil, verdict.isKeyed == false, verdict.signedUpTo < verdict.lastRecord {
            Report.warning(
                "records \(verdict.signedUpTo + 1) to \(verdict.lastRecord) are not signed yet: "
                    + "only the key can verify them")
        }
        guard verdict.isIntact else { return }
        let how =
            verdict.isKeyed ? "every record verified" : "verified by signatures up to record \(verdict.signedUpTo)"
        let records = "records \(verdict.firstRecord) to \(verdict.lastRecord)"
        try Output.line("intact: \(records), \(verdict.firstTime) to \(verdict.lastTime), \(how)")
        try Output.line("log \(verdict.log), root key \(verdict.root)")
        if !verdict.nextRoot.isEmpty { try Output.line("what follows is signed with \(verdict.nextRoot)") }
    }

    /// What is wrong, as the error that the command ends with.
    static func error(_ verdict: AuditVerdict) -> SecretaryError {
        guard let fault = verdict.fault else {
            return SecretaryError(
                .tampered, "\(verdict.missing) records are missing, as the log itself says",
                hint: "after a power failure these are the last ones before it; else somebody removed them")
        }
        let record = fault.record.map { ", record \($0)" } ?? ""
        return SecretaryError(.tampered, "\(fault.file): byte \(fault.offset)\(record): \(fault.what)")
    }

    private var object: JSONText {
        let fault = verdict.fault.map { fault in
            JSONText.object([
                ("file", .string(fault.file.string)), ("byte", .number(Int(clamping: fault.offset))),
                ("record", fault.record.map { .number(Int(clamping: $0)) } ?? .null), ("what", .string(fault.what)),
            ])
        }
        return .object([
            ("intact", .boolean(verdict.isIntact)), ("fault", fault ?? .null),
            ("missing", .number(Int(clamping: verdict.missing))),
            ("remarks", .array(verdict.remarks.map { .string($0) })), ("log", .string(verdict.log)),
            ("first_record", .number(Int(clamping: verdict.firstRecord))),
            ("last_record", .number(Int(clamping: verdict.lastRecord))),
            ("first_time", .string(verdict.firstTime)), ("last_time", .string(verdict.lastTime)),
            ("signed_up_to", .number(Int(clamping: verdict.signedUpTo))), ("keyed", .boolean(verdict.isKeyed)),
            ("root", .string(verdict.root)), ("next_root", .string(verdict.nextRoot)),
        ])
    }
}
