internal import Glibc
public import SecretaryCore

extension PlannedFile {
    /// What the kernel decides by owner, group and mode before a mount hears of an open (`default_permissions`).
    ///
    /// As everywhere: the bits of the owner are all that counts for the owner, and so on; root is above them.
    public func modeCheck(uid: UInt32, groups: [UInt32]) -> ReaderDecision {
        let (bit, who): (UInt32, String) =
            if uid == owner { (S_IRUSR, "the owner") } else if groups.contains(group) {
                (S_IRGRP, "the group")
            } else { (S_IROTH, "others") }
        let digits = String(mode, radix: 8)
        let file = "mode \(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits) of \(owner):\(group)"
        if mode & bit != 0 { return ReaderDecision(isAllowed: true, rule: "\(file): \(who) may read") }
        if uid == 0 { return ReaderDecision(isAllowed: true, rule: "\(file): root is above it") }
        return ReaderDecision(isAllowed: false, rule: "\(file): \(who) may not read")
    }
}
