/// Waits until something is true.
/// - Parameters:
///   - what: what is waited for, for the error.
///   - limit: far longer than it takes on a busy machine.
/// - Throws: when it does not become true in time.
public func eventually(
    _ what: String, within limit: Duration = .seconds(120), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw CommandFailure(description: "in vain for \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(2))
    }
}
