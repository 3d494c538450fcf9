import Glibc
import Testing

@testable import SecretaryCore

@Suite("Service manager") struct ServiceManagerTests {
    @Test("more descriptors than there can be are an error")
    func tooMany() async {
        await #expect(processExitsWith: .success) {
            for count in ["65536", "2147483644", "2147483647"] {
                unsafe setenv("LISTEN_PID", "\(getpid())", 1)
                unsafe setenv("LISTEN_FDS", count, 1)
                let error = #expect(throws: SecretaryError.self) { _ = try ServiceManager.takeDescriptors() }
                try #require(error?.code == .usage)
            }
        }
    }
}
