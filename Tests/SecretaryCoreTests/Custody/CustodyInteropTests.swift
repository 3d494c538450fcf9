import Foundation
@testable import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// Shares and backups are opened by another program, in the Python that `SECRETARY_TEST_PYTHON` names (`make test` sets it up).
@Suite("Shares and locked keys: a reader in Python, written from Documentation/keys.md") struct CustodyInteropTests {
    private func peer(_ arguments: [String]) async throws -> CommandResult {
        let python = try #require(
            ProcessInfo.processInfo.environment["SECRETARY_TEST_PYTHON"],
            "set SECRETARY_TEST_PYTHON to a Python with PyNaCl, or run `make test`")
        let script = Bundle.module.bundleURL.appending(path: "Interop/custody.py").path
        return try await Command.run(python, [script] + arguments)
    }

    private func base64(_ key: PrivateKey) throws -> String {
        String(String(decoding: try key.text, as: UTF8.self).split(separator: "\n")[1])
    }

    @Test("it combines shares to the key, and notices a false one")
    func shares() async throws {
        let scratch = try Scratch("custody")
        let key = try PrivateKey.generate()
        let owners = try (1...5).map { number in (name: "op\(number)", key: try PrivateKey.generate()) }
        let shares = try KeyShare.split(key, threshold: 3, count: 5)
        let files = try CustodyFiles.write(
            shares, of: key, for: owners.map { ($0.name, $0.key.publicKey) }, in: scratch.path)
        var arguments = ["combine", scratch["shares.json"].string]
        for index in [4, 0, 2] { arguments += [files[index].string, try base64(owners[index].key)] }
        #expect(try await peer(arguments).text == (try base64(key)) + "\n")

        let other = try CustodyFiles.write(
            KeyShare.split(key, threshold: 3, count: 5), of: key, for: owners.map { ($0.name, $0.key.publicKey) },
            in: scratch["other"])
        arguments[2] = other[4].string
        #expect(try await peer(arguments).errors.contains("another set"))
    }

    @Test("it opens a locked key")
    func locked() async throws {
        let scratch = try Scratch("custody")
        let key = try PrivateKey.generate()
        let locked = try LockedKey.lock(
            key, passphrase: SecretBytes(Array("correct horse battery".utf8)), cost: LockedKeyTests.cheap)
        let file = try scratch.write("locked.pem", locked.text)
        #expect(try await peer(["unlock", file.string, "correct horse battery"]).text == (try base64(key)) + "\n")
        #expect(try await peer(["unlock", file.string, "wrong horse battery"]).status != 0)
    }
}
