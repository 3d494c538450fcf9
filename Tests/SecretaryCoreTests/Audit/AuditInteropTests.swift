import Foundation
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// Logs are verified by another program, in the Python that `SECRETARY_TEST_PYTHON` names (`make test` sets it up).
@Suite("Audit log: a verifier in Python, written from Documentation/audit.md") struct AuditInteropTests {
    private func peer(_ arguments: [FilePath]) async throws -> CommandResult {
        let python = try #require(
            ProcessInfo.processInfo.environment["SECRETARY_TEST_PYTHON"],
            "set SECRETARY_TEST_PYTHON to a Python with PyNaCl, or run `make test`")
        let script = Bundle.module.bundleURL.appending(path: "Interop/audit.py").path
        return try await Command.run(python, [script] + arguments.map(\.string))
    }

    @Test("it agrees about an intact log in several files, with stray bytes and checkpoints, and about a changed one")
    func agrees() async throws {
        var fixture = try AuditFixture()
        fixture.settings.checkpointInterval = 3
        try fixture.log { log in
            for number in 0..<5 { try log.append(AuditFixture.open("secret\(number)")) }
            let file = try FileDescriptor.open(fixture.file, .writeOnly, options: [.append])
            try file.closeAfter { _ = try file.writeAll("noise".utf8) }
            try log.append(AuditFixture.open("more"))
            try fixture.rename("audit.log", to: "audit.log.1")
            for number in 0..<5 { try log.append(AuditFixture.open("secret\(number)")) }
        }
        let files = [fixture.scratch["audit.log.1"], fixture.file]
        let last = try AuditVerifier(key: AuditKey(fixture.keyFile)).verify(files).lastRecord
        #expect(try await peer([fixture.keyFile] + files).text == "\(last)\n")

        let changed = try fixture.scratch.readText("audit.log").replacing("secret3", with: "secret9")
        try fixture.scratch.write("audit.log", changed)
        #expect(try await peer([fixture.keyFile] + files).errors.contains("MAC of"))
    }

    @Test("it opens a first key that is sealed for an auditor")
    func sealed() async throws {
        var fixture = try AuditFixture()
        let auditor = try PrivateKey.generate()
        fixture.settings.auditor = auditor.publicKey
        try fixture.log { try $0.append(AuditFixture.open()) }
        try KeyFiles.write([("auditor", auditor)], in: fixture.scratch.path)
        let pem = try fixture.scratch.readText("auditor-private-key.pem")
        let key = try fixture.scratch.write("auditor", String(pem.split(separator: "\n")[1]))
        #expect(try await peer([key, fixture.file]).text == "3\n")
    }
}
