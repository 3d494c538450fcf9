import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("audit log") struct AuditLogTests {
    @Test("what was written verifies, with the key and without")
    func intact() throws {
        let fixture = try AuditFixture()
        try fixture.log { log in
            try log.append(AuditRecord(.start))
            for number in 0..<10 { try log.append(AuditFixture.open("secret\(number)")) }
        }
        let verdict = try fixture.verify()
        #expect(verdict.isIntact, "\(String(describing: verdict.fault))")
        #expect(verdict.firstRecord == 1)
        #expect(verdict.lastRecord == 13)
        #expect(verdict.signedUpTo == 13)
        #expect(verdict.remarks.isEmpty)
        #expect(try fixture.verify(keyed: false).isIntact)
    }
}
