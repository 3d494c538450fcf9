import Glibc
import Testing

@testable import SecretaryCore

@Suite("Monitor") struct MonitorTests {
    @Test("a moment that is over already ends the waiting")
    func past() async {
        // Without an end, the alarm ends the process.
        await #expect(processExitsWith: .success) {
            alarm(120)
            try #require(Monitor(0).wait(for: .milliseconds(-999)) { _ in nil as Int? } == nil)
            try #require(Monitor(0).wait(for: .seconds(-9999)) { $0 } == 0)
        }
    }
}
