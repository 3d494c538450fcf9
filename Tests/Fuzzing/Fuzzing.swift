import Glibc
import SecretaryCore
import SystemPackage

// The parsers under libFuzzer (https://llvm.org/docs/LibFuzzer.html), one a process: $FUZZ_TARGET says which. Built and
// run by scripts/fuzz, which has the sanitizer and the corpus.

/// Something that reads what strangers wrote.
enum FuzzTarget: String, CaseIterable {
    case scanner, envelope, gob, hpke, key, lockedkey, yaml, json, dotenv, properties, settings, template
    case form, sealed, volume, swarm, audit

    /// Reads `input`.
    ///
    /// Errors are what bad input should give; anything else is found by the sanitizer or by `require`.
    func read(_ input: [UInt8]) {
        switch self {
        case .scanner: checkScanner(input)
        case .envelope: for kind in Envelope.Kind.allCases { checkEnvelope(kind, input) }
        case .gob: checkEnvelope(.kms, input)
        case .hpke: checkEnvelope(.hpke, input)
        case .key: _ = try? PublicKey(text: input)
        case .lockedkey: checkLockedKey(input)
        case .yaml: checkConfig(.yaml, input)
        case .json: checkConfig(.json, input)
        case .dotenv: checkConfig(.dotenv, input)
        case .properties: checkConfig(.properties, input)
        case .settings: _ = try? Settings.parse(input)
        case .template: _ = try? Template(parsing: input)
        case .form: checkForm(input)
        case .sealed: _ = try? WireV2.SealedRequest(parsing: input)
        case .volume: checkVolume(input)
        case .swarm: checkSwarm(input)
        case .audit: checkAudit(input)
        }
    }

    /// What is no envelope passes through: the pieces put together again are the input.
    private func checkScanner(_ input: [UInt8]) {
        let value = Value(scanning: input)
        guard value.pieces.allSatisfy({ if case .literal = $0 { true } else { false } }) else { return }
        let text = value.pieces.flatMap { if case .literal(let bytes) = $0 { bytes } else { [] as [UInt8] } }
        require(text == input, "text without envelopes changed")
    }

    /// Whatever parses, its text parses to the same again.
    private func checkEnvelope(_ kind: Envelope.Kind, _ input: [UInt8]) {
        guard let envelope = try? Envelope(kind: kind, payload: input) else { return }
        require(envelope.plaintextCount >= 0 && envelope.plaintextCount < input.count, "impossible size")
        require(Value(scanning: envelope.text).envelopes == [envelope], "the text is not the envelope's")
    }

    /// Every value stands where its range says, inside the file.
    private func checkConfig(_ format: ConfigFile.Format, _ input: [UInt8]) {
        guard let file = try? ConfigFile.parse(input, path: "input", format: format),
            let leaves = try? file.leaves()
        else { return }
        for leaf in leaves {
            let range = leaf.value.location.range
            require(range.lowerBound >= 0 && range.upperBound <= input.count, "a value outside of its file")
        }
    }

    private func checkLockedKey(_ input: [UInt8]) {
        guard let key = try? LockedKey(text: input) else { return }
        require((try? LockedKey(text: key.text).text) == key.text, "its text is another key's")
    }

    /// A log that somebody made up has a verdict.
    private func checkAudit(_ input: [UInt8]) {
        let file = FilePath("/dev/shm/secretary-fuzz-\(getpid()).log")
        defer { _ = unsafe file.withPlatformString { unsafe unlink($0) } }
        let options: FileDescriptor.OpenOptions = [.create, .truncate]
        guard let written = try? FileDescriptor.open(file, .writeOnly, options: options, permissions: [.ownerReadWrite])
        else { return require(false, "\(file) cannot be made") }
        _ = try? written.writeAll(input)
        try? written.close()
        require((try? AuditVerifier(allowsPart: true).verify([file])) != nil, "no verdict")
        _ = try? AuditEntry.forEach(in: [file]) { _ in }
    }

    // What parses is written so that the same is read again.

    private func checkForm(_ input: [UInt8]) {
        guard let form = try? WireV1.Form(parsing: input) else { return }
        require((try? WireV1.Form(parsing: form.body)) == form, "its text is another form's")
    }

    private func checkVolume(_ input: [UInt8]) {
        guard let volume = try? VolumeDefinition(input, file: "web.json") else { return }
        require((try? VolumeDefinition(volume.json, file: "web.json")) == volume, "its text is another volume's")
    }

    private func checkSwarm(_ input: [UInt8]) {
        guard let request = try? SwarmSecretRequest(parsing: input) else { return }
        require((try? SwarmSecretRequest(parsing: request.json)) == request, "its text is another request's")
    }

    private func require(_ condition: Bool, _ message: String) {
        if !condition { fatalError("\(rawValue): \(message)") }
    }
}

/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    unsafe target.read(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

private let target: FuzzTarget = {
    let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        fatalError("set FUZZ_TARGET to one of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))")
    }
    return target
}()
