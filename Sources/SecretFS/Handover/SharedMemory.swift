internal import CLinux
internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// Memory that processes share through a descriptor, mapped here (`memfd_create(2)`, `mmap(2)`).
///
/// Outlives the processes that write to it, as long as one of them keeps the descriptor. No secret is ever put there.
@safe final class SharedMemory: @unchecked Sendable {  // the memory never moves; its users order their accesses
    let descriptor: FileDescriptor
    let bytes: UnsafeMutableRawBufferPointer

    /// Makes a memory file, filled with zeroes.
    /// - Throws: `.system` when the system has no room for it.
    static func makeFile(_ name: StaticString) throws(SecretaryError) -> FileDescriptor {
        let descriptor = name.withUTF8Buffer { text in
            unsafe text.withMemoryRebound(to: CChar.self) { unsafe clinux_memory_file($0.baseAddress) }
        }
        guard descriptor >= 0 else {
            throw SecretaryError(.system, "cannot make shared memory: \(Errno(rawValue: errno))")
        }
        return FileDescriptor(rawValue: descriptor)
    }

    /// Maps `count` bytes of a memory file, which is made that long.
    ///
    /// It is never made shorter: another process may have mapped all of it. Owns the descriptor from then on.
    /// - Throws: `.system` when it cannot be mapped.
    init(mapping descriptor: FileDescriptor, count: Int) throws(SecretaryError) {
        guard lseek(descriptor.rawValue, 0, SEEK_END) >= count || ftruncate(descriptor.rawValue, count) == 0,
            let address = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.rawValue, 0),
            unsafe address != MAP_FAILED
        else {
            throw SecretaryError(.system, "cannot map shared memory: \(Errno(rawValue: errno))")
        }
        self.descriptor = descriptor
        unsafe self.bytes = unsafe UnsafeMutableRawBufferPointer(start: address, count: count)
    }

    deinit {
        unsafe munmap(bytes.baseAddress, bytes.count)
        try? descriptor.close()
    }
}
