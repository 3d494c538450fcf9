import CSodium
import Glibc
import SecretaryCore
import SystemPackage
import Testing
import TestSupport

@Suite("Guarded memory")
struct SecretBytesTests {
    @Test("one byte beyond the end ends the process", arguments: [1, 32, 4096, 5000])
    func guardPageBehind(count: Int) async throws {
        await #expect(processExitsWith: .signal(SIGSEGV)) { [count] in
            let secret = try SecretBytes(count: count)
            unsafe secret.withUnsafeBytes { bytes in
                let address = UInt(bitPattern: bytes.baseAddress) + UInt(count)
                _ = unsafe UnsafePointer<UInt8>(bitPattern: address)?.pointee
            }
        }
    }

    @Test("writing before the beginning is noticed when the memory is freed")
    func canary() async {
        await #expect(processExitsWith: .failure) {
            var secret = try SecretBytes(count: 32)
            unsafe secret.withUnsafeMutableBytes { bytes in
                let address = UInt(bitPattern: bytes.baseAddress) - 1
                unsafe UnsafeMutablePointer<UInt8>(bitPattern: address)?.pointee ^= 1
            }
        }
    }

    @Test("freed memory cannot be read any more")
    func freed() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            var address: UInt = 0
            do {
                let secret = try SecretBytes(count: 32)
                address = unsafe secret.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
            }
            _ = unsafe UnsafePointer<UInt8>(bitPattern: address)?.pointee
        }
    }

    @Test("begins as zeros")
    func zeros() throws {
        for count in [0, 1, 100, 10_000] {
            #expect(try SecretBytes(count: count).array == [UInt8](repeating: 0, count: count))
        }
    }

    @Test("an error while filling frees the memory and is thrown on")
    func failingFill() throws {
        for _ in 0..<1000 {
            // Guarded memory that leaked would soon reach the limit of locked memory or of mappings.
            #expect(throws: SecretaryError(.io, "half-way")) {
                try unsafe SecretBytes(count: 1 << 16) { (_) throws(SecretaryError) in
                    throw SecretaryError(.io, "half-way")
                }.count
            }
        }
    }

    @Test("comparison looks at every byte and at the length")
    func equality() throws {
        let secret = try SecretBytes([1, 2, 3])
        #expect(secret.isEqual(to: try SecretBytes([1, 2, 3])))
        for other in [[1, 2, 4], [0, 2, 3], [1, 2], [1, 2, 3, 4], []] as [[UInt8]] {
            #expect(!secret.isEqual(to: try SecretBytes(other)))
        }
    }

    @Test("what can be shown is the length")
    func description() throws {
        #expect(try SecretBytes(Array("hunter2".utf8)).description == "SecretBytes(7)")
    }

    @Test("a file is read to its end, or refused beyond the limit", arguments: [0, 1, 4095, 4096, 4097, 100_000])
    func readingAll(count: Int) throws {
        let scratch = try Scratch("secret")
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        let path = try scratch.write("file", bytes)
        func read(limit: Int) throws -> [UInt8] {
            let file = try FileDescriptor.open(path, .readOnly)
            defer { try? file.close() }
            return try SecretBytes(readingAll: file, limit: limit).array
        }
        #expect(try read(limit: count).elementsEqual(bytes))
        #expect(try read(limit: count + 1).elementsEqual(bytes))
        if count > 0 {
            let error = #expect(throws: SecretaryError.self) { try read(limit: count - 1) }
            #expect(error?.code == .malformed)
        }
    }

    @Test("after opening, the plaintext is nowhere in the process's memory", .timeLimit(.minutes(15)))
    func nothingLeft() async throws {
        let scratch = try Scratch("memory")
        let folder = scratch.path.string
        for name in ["ready", "go"] { #expect(unsafe mkfifo(scratch[name].string, 0o600) == 0) }
        async let search = onThread {
            // Waits for the process below, looks into it, and lets it end.
            let ready = try FileDescriptor.open(FilePath(folder).appending("ready"), .readOnly)
            let text = try SecretBytes(readingAll: ready).array
            defer { try? FileDescriptor.open(FilePath(folder).appending("go"), .writeOnly).close() }
            let pid = try #require(Int32(String(decoding: text, as: UTF8.self)))
            let needle = (1000..<1016).map { Pattern.plaintext.byte($0) }
            let controlNeedle = (1000..<1016).map { Pattern.control.byte($0) }
            return (
                try MemorySearch.search(pid: pid, for: needle), try MemorySearch.search(pid: pid, for: controlNeedle)
            )
        }
        await #expect(processExitsWith: .exitCode(EXIT_SUCCESS)) { [folder = folder as String] in
            let keys = try TestKeys()
            let sealers: [any Sealer] = [try keys.naclSealer, try keys.hpkeSealer]
            let opener = SecretOpener(decryptor: keys.decryptor, identity: Identity())
            for sealer in sealers {
                let envelope = try sealer.seal(Pattern.plaintext.secret(), scope: nil)
                let opened = try opener.open(Value(scanning: envelope.text), name: nil)
                guard opened.isEqual(to: try Pattern.plaintext.secret()) else { exit(2) }
                let stream = try FileDescriptor.pipe()
                try stream.writeEnd.writeAll(envelope.text)
                try stream.writeEnd.close()
                let null = try unsafe FileDescriptor.open("/dev/null", .writeOnly)
                try StreamDecryptor(opener: opener).copy(from: stream.readEnd, to: null)
            }
            let control = try Pattern.control.secret()
            let ready = try FileDescriptor.open(FilePath(folder).appending("ready"), .writeOnly)
            try ready.writeAll("\(getpid())".utf8)
            try ready.close()
            try FileDescriptor.open(FilePath(folder).appending("go"), .readOnly).close()
            exit(control.count > 0 ? EXIT_SUCCESS : EXIT_FAILURE)
        }
        let (hits, controlHits) = try await search
        #expect(hits.isEmpty)
        #expect(controlHits.count == 1, "the search finds what is there")
    }

    /// Bytes that are made in guarded memory, so that the process has them nowhere else.
    private enum Pattern: Int {
        case plaintext = 167
        case control = 59

        func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* rawValue ^ index >> 8) }

        func secret() throws -> SecretBytes {
            try unsafe SecretBytes(count: 4096) { target in
                for index in target.indices { unsafe target[index] = byte(index) }
            }
        }
    }
}
