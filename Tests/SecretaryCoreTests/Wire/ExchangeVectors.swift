import Foundation
@testable import SecretaryCore
import Testing

/// `daemon-exchange.json`: one exchange with the original daemon.
struct ExchangeVector: Decodable {
    struct Request: Decodable {
        let path: String
        let contentType: String
        let body: String

        enum CodingKeys: String, CodingKey {
            case path, body
            case contentType = "content_type"
        }
    }

    struct Response: Decodable {
        let body: String
        let json: String

        enum CodingKeys: String, CodingKey {
            case body
            case json = "json_inside_both_envelopes"
        }
    }

    let keys: [String: String]
    let request: Request
    let response: Response

    static func load() throws -> ExchangeVector { try VectorFiles.load("daemon-exchange.json") }

    let claim = TaskClaim(app: "/demo/app", version: "2015-12-04T12:25:08.426Z", id: "demo_app.0f810e10")
    let envelope = Array("ENC[NACL,ft5/TfBBxQy3TMqQmNIOA0Rswc/zoPht7G19TraTwNskLPmb51TWXeQm/tl+3FA=]".utf8)

    enum CodingKeys: String, CodingKey {
        case keys, request, response
    }

    func publicKey(_ name: String) throws -> PublicKey {
        try PublicKey(text: Array(#require(keys["\(name)-public"]).utf8))
    }

    func privateKey(_ name: String) throws -> PrivateKey {
        try PrivateKey.reading(Array(#require(keys["\(name)-private"]).utf8))
    }

    func daemonSide(service: Bool = true) throws -> TaskAgreement {
        try TaskAgreement(
            master: privateKey("master"), deploy: publicKey("deploy"), service: service ? publicKey("service") : nil)
    }

    func taskSide(service: Bool = true) throws -> TaskAgreement {
        try TaskAgreement(
            deploy: privateKey("deploy"), service: service ? privateKey("service") : nil, master: publicKey("master"))
    }

    func decryptor() throws -> LocalDecryptor {
        LocalDecryptor(keys: KeyRing(masterKeys: [try privateKey("master")], configKeys: [try publicKey("config")]))
    }
}

/// `daemon-exchange-v2.json`: the same by version 2, made with PyNaCl from `Documentation/protocol.md`.
struct ExchangeVectorV2: Decodable {
    struct Exchange: Decodable {
        let service: Bool
        let body: Data
        let message: Data
        let answer: Data
        let answerMessage: Data

        enum CodingKeys: String, CodingKey {
            case service, body, message, answer
            case answerMessage = "answer_message"
        }
    }

    let time: Int64
    let nonce: Data
    let replyPrivate: String
    let exchanges: [Exchange]

    enum CodingKeys: String, CodingKey {
        case time, nonce, exchanges
        case replyPrivate = "reply_private"
    }

    static func load() throws -> ExchangeVectorV2 { try VectorFiles.load("daemon-exchange-v2.json") }
}
