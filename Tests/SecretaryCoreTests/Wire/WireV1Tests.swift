@testable import SecretaryCore
import Testing

@Suite("Version 1 of the daemon's protocol")
struct WireV1Tests {
    private let vector: ExchangeVector
    private let body: [UInt8]

    init() throws {
        vector = try ExchangeVector.load()
        body = Array(vector.request.body.utf8)
    }

    private func form() throws -> WireV1.Form { try #require(try WireV1.Form(parsing: body)) }

    private func open(_ text: [UInt8], count: Int, with agreement: TaskAgreement) throws -> [UInt8] {
        try unsafe SecretBytes(count: count) { (target) throws(SecretaryError) in
            try unsafe WireV1.Answer.open(SecretBytes(text), with: agreement, into: target)
        }.array
    }

    private func seal(_ plaintext: [UInt8], with agreement: TaskAgreement) throws -> [UInt8] {
        try unsafe WireV1.Answer.seal(count: plaintext.count, with: agreement) { unsafe $0.copyBytes(from: plaintext) }
    }

    /// The JSON in the boxes of `text`.
    private func json(in text: [UInt8], with agreement: TaskAgreement) throws -> String {
        let box = try unsafe text.withOctets { (text) throws(SecretaryError) in
            try unsafe agreement.innermostBox(ofText: text)
        }
        var json = [UInt8](repeating: 0, count: box.plaintextCount)
        #expect(unsafe json.withUnsafeMutableBytes { unsafe agreement.innermost.open(box, into: $0) })
        return String(decoding: json, as: UTF8.self)
    }

    @Test("the recorded request is read, and written again byte for byte")
    func recordedRequest() throws {
        #expect(vector.request.path == WireV1.path && vector.request.contentType == WireV1.contentType)
        let form = try form()
        #expect(form.claim == vector.claim)
        #expect(form.body == body)
        let request = try WireV1.Request(opening: form, with: vector.daemonSide())
        #expect(request.claim == vector.claim)
        #expect(request.secret == RequestedSecret(name: nil, text: vector.envelope))
        #expect(try vector.decryptor().open(request.secret.envelope()) == Array("hunter2".utf8))
    }

    @Test("the recorded answer is opened, and ours has the same JSON in boxes of the same size")
    func recordedAnswer() throws {
        let recorded = Array(vector.response.body.utf8)
        #expect(try open(recorded, count: 7, with: vector.taskSide()) == Array("hunter2".utf8))
        let ours = try seal(Array("hunter2".utf8), with: vector.daemonSide())
        #expect(ours.count == recorded.count)
        #expect(try json(in: ours, with: vector.taskSide()) == vector.response.json)
    }

    @Test("our request is written as the original's client writes it", arguments: [true, false])
    func ourRequest(_ service: Bool) throws {
        let secret = RequestedSecret(name: nil, text: vector.envelope)
        let form = try WireV1.Request(claim: vector.claim, secret: secret).sealed(
            with: vector.taskSide(service: service))
        #expect(
            try json(in: form.envelope, with: vector.daemonSide(service: service))
                == #"{"AppID":"/demo/app","AppVersion":"2015-12-04T12:25:08.426Z","TaskID":"demo_app.0f810e10","#
                + #""RequestedSecret":"\#(String(decoding: vector.envelope, as: UTF8.self))"}"#)
        let read = try #require(try WireV1.Form(parsing: form.body))
        #expect(try WireV1.Request(opening: read, with: vector.daemonSide(service: service)).secret == secret)
    }

    @Test("plaintexts of any size and any bytes arrive", arguments: [0, 1, 2, 3, 255, 100_000])
    func plaintexts(_ count: Int) throws {
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        for service in [true, false] {
            let text = try seal(plaintext, with: vector.daemonSide(service: service))
            #expect(try open(text, count: count, with: vector.taskSide(service: service)) == plaintext)
        }
    }

    @Test("a box of another key, or one too many or too few, is a wrong key")
    func wrongKeys() throws {
        let stranger = try PrivateKey.generate()
        let (master, deploy, service) = (
            try vector.privateKey("master"), try vector.publicKey("deploy"), try vector.publicKey("service")
        )
        let wrong = [
            try TaskAgreement(master: stranger, deploy: deploy, service: service),
            try TaskAgreement(master: master, deploy: stranger.publicKey, service: service),
            try TaskAgreement(master: master, deploy: deploy, service: stranger.publicKey),
        ]
        for agreement in wrong {
            let error = #expect(throws: SecretaryError.self) { try WireV1.Request(opening: form(), with: agreement) }
            #expect(error?.code == .wrongKey)
            let text = try seal([1], with: agreement)
            let answer = #expect(throws: SecretaryError.self) { try open(text, count: 1, with: vector.taskSide()) }
            #expect(answer?.code == .wrongKey)
        }
        #expect(throws: SecretaryError.self) {
            try WireV1.Request(opening: form(), with: vector.daemonSide(service: false))
        }
        let short = try seal([1], with: vector.daemonSide(service: false))
        #expect(throws: SecretaryError.self) { try open(short, count: 1, with: vector.taskSide()) }
    }

    @Test("a form that says another claim than its sealed request is denied")
    func otherClaim() throws {
        for claim in [
            TaskClaim(app: "/demo/other", version: vector.claim.version, id: vector.claim.id),
            TaskClaim(app: vector.claim.app, version: "2", id: vector.claim.id),
            TaskClaim(app: vector.claim.app, version: vector.claim.version, id: "demo_app.1"),
        ] {
            let forged = WireV1.Form(claim: claim, envelope: try form().envelope)
            let error = #expect(throws: SecretaryError.self) {
                try WireV1.Request(opening: forged, with: vector.daemonSide())
            }
            #expect(error?.code == .denied)
        }
    }

    @Test("a request that is sent back as the answer is none, and an answer of another size neither")
    func reflected() throws {
        let reflected = #expect(throws: SecretaryError.self) {
            try open(form().envelope, count: 7, with: vector.taskSide())
        }
        #expect(reflected?.code == .malformed)
        for count in [0, 6, 8] {
            let error = #expect(throws: SecretaryError.self) {
                try open(Array(vector.response.body.utf8), count: count, with: vector.taskSide())
            }
            #expect(error?.code == .malformed)
        }
    }

    @Test(
        "what is not a form, or not all of it",
        arguments: [
            ("", true), ("appid=a&appversion=b&taskid=c", true), ("appid=&appversion=b&taskid=c&envelope=d", true),
            ("appid=%zz&appversion=b&taskid=c&envelope=d", false), ("appid=%2&appversion=b&taskid=c&envelope=d", false),
            ("appid=a%00&appversion=b&taskid=c&envelope=d", false),
            ("appid=%FF&appversion=b&taskid=c&envelope=d", false),
        ])
    func badForms(_ text: String, _ isMissing: Bool) throws {
        if isMissing {
            #expect(try WireV1.Form(parsing: Array(text.utf8)) == nil)
        } else {
            let error = #expect(throws: SecretaryError.self) { try WireV1.Form(parsing: Array(text.utf8)) }
            #expect(error?.code == .malformed)
        }
    }

    @Test("of two fields the first counts, and others do not")
    func repeatedFields() throws {
        let text = "x=1&&appid=a+b&appid=z&appversion=%62&taskid=c%3D&envelope=d&envelope=e"
        let form = try #require(try WireV1.Form(parsing: Array(text.utf8)))
        #expect(form == WireV1.Form(claim: TaskClaim(app: "a b", version: "b", id: "c="), envelope: Array("d".utf8)))
    }
}
