@testable import SecretaryCore
import SystemPackage
import Testing
import TestSupport

@Suite("Decrypting streams")
struct StreamDecryptorTests {
    private let keys: TestKeys
    private let scratch: Scratch

    init() throws {
        keys = try TestKeys()
        scratch = try Scratch("stream")
    }

    private struct Outcome {
        var output: [UInt8]
        var error: SecretaryError?
    }

    /// Copies `input` from file to file.
    private func copy(
        _ input: [UInt8], decryptor: (any Decryptor)? = nil, identity: Identity = Identity(), name: String? = nil,
        chunk: Int = 256 << 10
    ) throws -> Outcome {
        let source = try FileDescriptor.open(scratch.write("input", input), .readOnly)
        defer { try? source.close() }
        let target = try FileDescriptor.open(
            scratch["output"], .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        defer { try? target.close() }
        let opener = SecretOpener(decryptor: decryptor ?? keys.decryptor, identity: identity)
        var error: SecretaryError?
        do throws(SecretaryError) {
            try StreamDecryptor(opener: opener, chunkCount: chunk).copy(from: source, to: target, name: name)
        } catch let failure {
            error = failure
        }
        return Outcome(output: try scratch.read("output"), error: error)
    }

    @Test("does what the original does", arguments: EnvelopeVectors.nacl.cases)
    func vectors(_ vector: EnvelopeVectors.Case) throws {
        let outcome = try copy(vector.text, decryptor: EnvelopeVectors.nacl.decryptor())
        switch vector.expect {
        case "error":
            #expect(outcome.error?.message.hasPrefix("line 1, envelope 1: ") == true)
            #expect(outcome.output.isEmpty)
        case "ok":
            // What follows the envelope passes through.
            let rest = Array(vector.text.reversed().prefix { $0 == UInt8(ascii: "\n") })
            #expect(outcome.error == nil)
            #expect(outcome.output.elementsEqual([UInt8](try #require(vector.plaintext)) + rest))
        default:
            #expect(outcome.error == nil)
            #expect(outcome.output == [UInt8](try #require(vector.output)))
        }
    }

    @Test("pieces of any size give the same", arguments: [1, 2, 3, 5, 8, 13, 64, 100, 4096])
    func chunks(_ chunk: Int) throws {
        let secret = try keys.naclSealer.seal(Array("hunter2".utf8))
        let other = try keys.hpkeSealer.seal(Array("swordfish".utf8))
        var input: [UInt8] = []
        var expected: [UInt8] = []
        for index in 0..<20 {
            let text = Array(String(repeating: "ENC[NACL line ENC[\n", count: index).utf8)
            input += text + (index % 2 == 0 ? secret.text : other.wrappedText)
            expected += text + (index % 2 == 0 ? Array("hunter2".utf8) : Array("swordfish\n".utf8))
        }
        input += Array("ENC[KMS,abc".utf8)
        expected += Array("ENC[KMS,abc".utf8)
        let outcome = try copy(input, chunk: chunk)
        #expect(outcome.error == nil)
        #expect(outcome.output == expected)
    }

    @Test("an envelope that cannot be opened stops everything, and is named by line and number")
    func stops() throws {
        let good = try keys.naclSealer.seal(Array("good".utf8)).text
        let bad = try TestKeys().naclSealer.seal(Array("bad".utf8)).text
        let lines = Array("first\n\n".utf8) + good + Array("\nthird: ".utf8) + bad + Array(" after\n".utf8) + good
        for chunk in [1, 50, 4096] {
            let outcome = try copy(lines, chunk: chunk)
            #expect(outcome.error?.code == .wrongKey)
            #expect(outcome.error?.message == "line 4, envelope 2: authentication failed")
            #expect(String(decoding: outcome.output, as: UTF8.self) == "first\n\ngood\nthird: ")
        }
        let malformed = try copy(good + Array("\n\nENC[HPKE,Ag==]".utf8))
        #expect(malformed.error?.message == "line 3, envelope 2: malformed HPKE envelope: unsupported suite 2")
    }

    @Test("rules apply to streams too")
    func rules() throws {
        let scoped = try keys.hpkeSealer.seal([0x61], scope: Scope(parsing: "/prod/web#NAME")).text
        let web = Identity(app: try AppPath(parsing: "/prod/web"))
        #expect(try copy(scoped, identity: web, name: "NAME").output == [0x61])
        #expect(try copy(scoped, identity: web).error?.code == .denied)
        #expect(try copy(scoped, identity: Identity(app: AppPath(parsing: "/prod"))).error?.code == .denied)
        #expect(try copy(scoped).output == [0x61])
    }

    @Test("plaintext larger than every buffer goes through", arguments: [60_000, 65_536, 65_537, 3_000_000])
    func large(count: Int) throws {
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        let envelope = try keys.naclSealer.seal(plaintext)
        let outcome = try copy([0x3C] + envelope.wrappedText + [0x3E], chunk: 1 << 16)
        #expect(outcome.error == nil)
        #expect(outcome.output.elementsEqual([0x3C] + plaintext + [0x0A, 0x3E]))
    }

    @Test("what never ends is refused at the limit, with its line")
    func endless() throws {
        let limit = StreamDecryptor.maximumEnvelopeCount
        let endless = Array("\nx ENC[NACL,".utf8) + [UInt8](repeating: UInt8(ascii: "A"), count: limit)
        let outcome = try copy(endless, chunk: 1 << 20)
        #expect(outcome.error?.code == .malformed)
        #expect(outcome.error?.message == "line 2, envelope 1: longer than 32 MiB, or without its ]")
        #expect(String(decoding: outcome.output, as: UTF8.self) == "\nx ")
    }

    @Test("what is not closed passes through at the end, however long it is")
    func unterminated() throws {
        let text = Array("ENC[NACL,".utf8) + [UInt8](repeating: UInt8(ascii: "A"), count: 1 << 20)
        #expect(try copy(text).output.elementsEqual(text))
    }

    @Test("what has been read is written before more is waited for", .timeLimit(.minutes(15)))
    func interactive() async throws {
        let (input, inputEnd) = try FileDescriptor.pipe()
        let (outputEnd, output) = try FileDescriptor.pipe()
        let opener = SecretOpener(decryptor: keys.decryptor, identity: Identity())
        let envelope = try keys.naclSealer.seal(Array("hunter2".utf8))
        async let copying: Void = onThread {
            defer { try? output.close() }
            try StreamDecryptor(opener: opener).copy(from: input, to: output)
        }
        async let talking: Void = onThread {
            defer { try? inputEnd.close() }
            var buffer = [UInt8](repeating: 0, count: 100)
            for _ in 0..<3 {
                try inputEnd.writeAll(envelope.text)
                let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe outputEnd.read(into: $0) }
                #expect(String(decoding: buffer.prefix(count), as: UTF8.self) == "hunter2")
            }
        }
        _ = try await (copying, talking)
    }

    @Test("errors of the files are reported")
    func descriptors() throws {
        let opener = SecretOpener(decryptor: keys.decryptor, identity: Identity())
        let file = try FileDescriptor.open(scratch.write("file", "text"), .readOnly)
        let folder = try FileDescriptor.open(scratch.path, .readOnly)
        defer {
            try? file.close()
            try? folder.close()
        }
        let read = #expect(throws: SecretaryError.self) {
            try StreamDecryptor(opener: opener).copy(from: folder, to: .standardOutput)
        }
        #expect(read?.code == .io && read?.message == "cannot read: Is a directory")
        let write = #expect(throws: SecretaryError.self) {
            try StreamDecryptor(opener: opener).copy(from: file, to: file)
        }
        #expect(write?.code == .io && write?.message == "cannot write: Bad file descriptor")
        // Large enough to be written by itself: the envelope is not to blame.
        let large = try keys.naclSealer.seal([UInt8](repeating: 0, count: 100_000))
        let envelope = try FileDescriptor.open(scratch.write("envelope", large.text), .readOnly)
        defer { try? envelope.close() }
        let writeLarge = #expect(throws: SecretaryError.self) {
            try StreamDecryptor(opener: opener).copy(from: envelope, to: file)
        }
        #expect(writeLarge?.message == "cannot write: Bad file descriptor")
    }

    @Test("lines are counted in text of every length", arguments: [0, 1, 7, 8, 9, 2039, 2040, 2041, 5000])
    func newlines(count: Int) {
        for step in [1, 2, 3, 7, 256] {
            let text = (0..<count).map { $0 % step == 0 ? UInt8(ascii: "\n") : UInt8(truncatingIfNeeded: $0) }
            let expected = text.count { $0 == UInt8(ascii: "\n") }
            #expect(unsafe text.withOctets { unsafe Newlines.count(in: $0) } == expected)
        }
    }
}
