import SystemPackage

@testable import SecretFS

/// Waits until something is true that another thread does.
func eventually(_ what: String, _ condition: () throws -> Bool) throws {
    let end = ContinuousClock.now + .seconds(120)
    let waker = Waker()
    while try !condition() {
        guard ContinuousClock.now < end else { throw Errno.timedOut }
        waker.wait(until: .now + .milliseconds(1))
    }
}
