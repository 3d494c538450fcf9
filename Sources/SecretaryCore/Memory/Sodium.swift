internal import CSodium

/// libsodium, initialised once for the process before its first use.
enum Sodium {
    /// Call before any other libsodium function.
    ///
    /// `sodium_init` is thread-safe and may be called again, so a static constant is only the shortest way to do it
    /// once.
    static let ready: Void = {
        // -1 is only ever answered when the system has no randomness; nothing secret can be done then.
        precondition(sodium_init() >= 0, "libsodium cannot be initialised: the system provides no randomness")
    }()
}

// libsodium wants non-null pointers even to nothing; the address of an empty buffer is never followed.
extension UnsafeRawBufferPointer {
    var octets: UnsafePointer<UInt8> {
        unsafe (baseAddress ?? UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped).assumingMemoryBound(to: UInt8.self)
    }

    var characters: UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(octets).assumingMemoryBound(to: CChar.self)
    }

    /// The part that begins at `offset`.
    func part(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: self[offset..<offset + count])
    }

    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: self[range])
    }
}

extension UnsafeMutableRawBufferPointer {
    var octets: UnsafeMutablePointer<UInt8> {
        unsafe (baseAddress ?? UnsafeMutableRawPointer(bitPattern: 16).unsafelyUnwrapped)
            .assumingMemoryBound(to: UInt8.self)
    }

    var characters: UnsafeMutablePointer<CChar> {
        unsafe UnsafeMutableRawPointer(octets).assumingMemoryBound(to: CChar.self)
    }

    /// The part that begins at `offset`.
    func part(_ offset: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(rebasing: self[offset..<offset + count])
    }

    func part(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(rebasing: self[range])
    }
}

extension Array where Element == UInt8 {
    /// Lends the bytes, with the type of `body`'s error kept.
    func withOctets<Result, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Result)
        throws(Failure) -> Result
    {
        try unsafe withUnsafeBufferPointer { (bytes) throws(Failure) in try unsafe body(UnsafeRawBufferPointer(bytes)) }
    }
}
