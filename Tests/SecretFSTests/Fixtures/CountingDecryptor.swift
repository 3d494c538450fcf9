import Glibc
import SecretaryCore
import Synchronization
import SystemPackage

/// Opens any envelope by writing `*`s, counting how often; or fails; or lets everybody wait.
final class CountingDecryptor: Decryptor {
    private let state = Mutex<(count: Int, failure: SecretaryError?)>((0, nil))
    private let mayBlock: Bool
    /// What every call has to pass.
    let gate: Gate

    init(mayBlock: Bool) throws {
        gate = try Gate()
        self.mayBlock = mayBlock
        if !mayBlock { gate.open() }
    }

    func mayBlock(on envelope: Envelope) -> Bool { mayBlock }

    /// Whether who wants what is open has to ask again.
    let asksAgain = Atomic(false)

    func state(of envelope: Envelope, name: String?) -> KeptState? {
        asksAgain.load(ordering: .relaxed) ? .stale : .fresh
    }

    /// How often it was called.
    var count: Int { state.withLock { $0.count } }

    func fail(with error: SecretaryError?) { state.withLock { $0.failure = error } }

    func open(
        _ envelope: Envelope, name: String?, into target: UnsafeMutableRawBufferPointer
    ) throws(SecretaryError) {
        state.withLock { $0.count += 1 }
        gate.pass()
        if let failure = state.withLock({ $0.failure }) { throw failure }
        unsafe target.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "*"))
    }
}

/// Closed at first: whoever wants to pass waits until it is opened.
final class Gate: Sendable {
    private let ends: (readEnd: FileDescriptor, writeEnd: FileDescriptor)

    init() throws {
        ends = try FileDescriptor.pipe()
    }

    deinit {
        try? ends.readEnd.close()
        try? ends.writeEnd.close()
    }

    func open() {
        _ = try? ends.writeEnd.writeAll([0])
    }

    func pass() {
        var polled = pollfd(fd: ends.readEnd.rawValue, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&polled, 1, -1) < 1 {}
    }
}
