import Glibc
import Testing

@testable import SecretaryCore

@Suite("Service manager") struct ServiceManagerTests {
    @Test("more descriptors than are open are an error, and those that are stay with whom they belong to")
    func tooMany() async {
        await #expect(processExitsWith: .success) {
            let open = (0..<100).filter { fcntl($0, F_GETFD) >= 0 }
            for count in ["65536", "2147483644", "2147483647"] {
                unsafe setenv("LISTEN_PID", "\(getpid())", 1)
                unsafe setenv("LISTEN_FDS", count, 1)
                let error = #expect(throws: SecretaryError.self) { _ = try ServiceManager.takeDescriptors() }
                try #require(error?.code == .usage)
            }
            for descriptor in open { try #require(fcntl(descriptor, F_GETFD) >= 0) }
        }
    }
}
