import Foundation
import SecretaryCore
import Testing

/// The vectors of `Vectors/`, as JSON has them.
enum VectorFiles {
    static func load<File: Decodable>(_ name: String, as type: File.Type = File.self) throws -> File {
        let url = Bundle.module.bundleURL.appending(path: "Vectors/\(name)")
        return try JSONDecoder().decode(type, from: Data(contentsOf: url))
    }
}

/// `nacl.json` and `hpke.json`: keys, and what becomes of envelopes.
struct EnvelopeVectors: Decodable {
    let keys: [String: String]
    let keyIDs: [String: String]?
    let cases: [Case]

    enum CodingKeys: String, CodingKey {
        case keys, cases
        case keyIDs = "key_ids"
    }

    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let comment: String
        /// `ok`, `output`, `error`, or the reason why it must not open.
        let expect: String
        let scope: String?
        let plaintext: Data?
        let output: Data?
        private let envelope: String?
        private let input: String?

        enum CodingKeys: String, CodingKey {
            case comment, expect, scope, envelope, input
            case plaintext = "plaintext_b64"
            case output = "output_b64"
        }

        /// What is given to the decryptor.
        var text: [UInt8] { Array((envelope ?? input ?? "").utf8) }
        var testDescription: String { comment }
    }

    static let nacl: EnvelopeVectors = load("nacl.json")
    static let hpke: EnvelopeVectors = load("hpke.json")

    private static func load(_ name: String) -> EnvelopeVectors {
        do {
            return try VectorFiles.load(name)
        } catch {
            Issue.record(error, "\(name) cannot be read")
            return EnvelopeVectors(keys: [:], keyIDs: [:], cases: [])
        }
    }

    func publicKey(_ name: String) throws -> PublicKey {
        try PublicKey(text: Array(#require(keys["\(name)-public"]).utf8))
    }

    func privateKey(_ name: String) throws -> PrivateKey {
        try PrivateKey.reading(Array(#require(keys["\(name)-private"]).utf8))
    }

    /// Holds the master key and trusts the config key.
    func decryptor() throws -> LocalDecryptor {
        LocalDecryptor(keys: KeyRing(masterKeys: [try privateKey("master")], configKeys: [try publicKey("config")]))
    }
}

/// `kms-gob.json`.
struct KMSVector: Decodable, Sendable, CustomTestStringConvertible {
    let comment: String
    let dataKey: Data
    let encryptedDataKey: Data
    let envelope: String
    let plaintext: Data

    enum CodingKeys: String, CodingKey {
        case comment = "Comment"
        case dataKey = "DataKey"
        case encryptedDataKey = "EncryptedDataKey"
        case envelope = "Envelope"
        case plaintext = "Plaintext"
    }

    var testDescription: String { comment }

    static let all: [KMSVector] = {
        do {
            return try VectorFiles.load("kms-gob.json")
        } catch {
            Issue.record(error, "kms-gob.json cannot be read")
            return []
        }
    }()
}
