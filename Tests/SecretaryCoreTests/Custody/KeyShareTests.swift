@testable import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("Shares of a key") struct KeyShareTests {
    private let key: PrivateKey
    private let owner: PrivateKey

    init() throws {
        key = try PrivateKey.generate()
        owner = try PrivateKey.generate()
    }

    private func set(of shares: [KeyShare]) -> ShareSet {
        ShareSet(
            identifier: shares[0].set, key: key.publicKey, threshold: shares[0].threshold,
            members: shares.map { ShareSet.Member(share: $0, name: "alice", operatorKey: owner.publicKey) })
    }

    /// The bytes of a share, as its operator sees them.
    private func bytes(_ share: KeyShare) throws -> [UInt8] {
        try SealedBox.open(share.sealed(to: owner.publicKey), by: owner).array
    }

    @Test("every subset of three of five makes up the key, in any order")
    func subsets() throws {
        let shares = try KeyShare.split(key, threshold: 3, count: 5)
        for subset in 0..<32 where subset.nonzeroBitCount == 3 {
            var collection = ShareCollection(set(of: shares))
            let chosen = shares.indices.filter { subset >> $0 & 1 == 1 }.shuffled()
            for index in chosen.dropLast() { #expect(try collection.add(shares[index]) == nil) }
            #expect(collection.given == chosen.dropLast().map { $0 + 1 }.sorted())
            let last = try #require(chosen.last)
            let whole = try #require(try collection.add(shares[last]))
            #expect(whole.publicKey == key.publicKey)
            #expect(try whole.pem().isEqual(to: key.pem()))
        }
    }

    @Test("a share is sealed to its operator: its text opens with his key and no other")
    func sealed() throws {
        let share = try KeyShare.split(key, threshold: 2, count: 3)[1]
        let text = share.text(sealedTo: owner.publicKey, named: "alice: the first")
        #expect(String(decoding: text, as: UTF8.self).contains("\nShare: 2 of 3, 2 needed\n"))
        #expect(try KeyShare.open(text: text, by: owner).digest == share.digest)
        #expect(throws: SecretaryError.self) { try KeyShare.open(text: text, by: key) }
        let mailed = Array("> hello\r\n".utf8) + text.flatMap { $0 == 10 ? [13, 10] : [$0] } + Array("bye\n".utf8)
        #expect(try KeyShare.open(text: mailed, by: owner).digest == share.digest)
    }

    @Test("every byte of a share, changed, is noticed")
    func tampered() throws {
        let share = try bytes(KeyShare.split(key, threshold: 2, count: 3)[0])
        #expect(share.count == KeyShare.count)
        for index in share.indices {
            var changed = share
            changed[index] ^= 1 << UInt8.random(in: 0..<8)
            let error = #expect(throws: SecretaryError.self) { try KeyShare(SecretBytes(changed)) }
            #expect(error?.code == .malformed)
        }
        #expect(throws: SecretaryError.self) { try KeyShare(SecretBytes(Array(share.dropLast()))) }
    }

    @Test("repeated, foreign and false shares are told apart, and what was given stays")
    func refused() throws {
        let shares = try KeyShare.split(key, threshold: 2, count: 3)
        var collection = ShareCollection(set(of: shares))
        #expect(try collection.add(shares[0]) == nil)
        func refusal(_ share: KeyShare) -> SecretaryError? {
            #expect(throws: SecretaryError.self) { try collection.add(share) }
        }
        let repeated = refusal(shares[0])
        #expect(repeated?.code == .denied && repeated?.message == "share 1 was given before")
        #expect(repeated?.hint == "1 of the others are needed")
        let foreign = refusal(try KeyShare.split(key, threshold: 2, count: 3)[1])
        #expect(foreign?.code == .wrongKey && foreign?.message.contains("is of the set") == true)
        // A false share with a check that fits, as only somebody who means it makes one.
        let false2 = try forged(shares[1])
        #expect(refusal(false2)?.message == "share 2 is not the one that was made")
        #expect(collection.given == [1])
        #expect(try collection.add(shares[2])?.id == key.id)
    }

    /// The same share with another value and a check that fits.
    private func forged(_ share: KeyShare) throws -> KeyShare {
        var bytes = try bytes(share)
        bytes[KeyShare.headerCount] ^= 1
        unsafe bytes.withUnsafeMutableBytes { bytes in
            let content = unsafe Array(bytes.dropLast(KeyShare.checkCount))
            unsafe content.withUnsafeBytes { content in unsafe KeyShare.writeCheck(of: content, to: bytes) }
        }
        return try KeyShare(SecretBytes(bytes))
    }

    @Test("without the set a false share is noticed when there are enough")
    func unknownSet() throws {
        let shares = try KeyShare.split(key, threshold: 2, count: 3)
        var collection = ShareCollection(startingWith: shares[0])
        #expect(try collection.add(shares[0]) == nil)
        let error = #expect(throws: SecretaryError.self) { try collection.add(forged(shares[1])) }
        #expect(error?.code == .wrongKey && error?.message.contains("one of them is false") == true)
        #expect(collection.given.isEmpty)
    }

    @Test("numbers that cannot be are refused", arguments: [(0, 3), (4, 3), (1, 0), (2, 256), (-1, 1)])
    func numbers(_ threshold: Int, _ count: Int) {
        let error = #expect(throws: SecretaryError.self) {
            try KeyShare.split(key, threshold: threshold, count: count)
        }
        #expect(error?.code == .usage)
    }

    @Test("the text of a set reads back, and errors name the line")
    func setText() throws {
        let set = set(of: try KeyShare.split(key, threshold: 2, count: 3))
        #expect(try ShareSet(text: set.text, name: "shares.json") == set)
        let text = String(decoding: set.text, as: UTF8.self)
        for (part, wrong, message) in [
            ("\"threshold\": 2", "\"threshold\": 4", "shares.json:5:16: threshold: \"4\" is no number from 1 to 3"),
            ("\"number\": 2", "\"number\": 1", "share 1 is there twice"),
            ("\"version\": 1", "\"version\": 2", "version"), ("\"set\"", "\"sets\"", "unknown key \"sets\""),
        ] {
            let error = #expect(throws: SecretaryError.self) {
                try ShareSet(text: Array(text.replacing(part, with: wrong).utf8), name: "shares.json")
            }
            #expect(error?.code == .configuration && error?.message.contains(message) == true, "\(error as Any)")
        }
    }

    @Test("files: all or none, private, and never replaced")
    func files() throws {
        let scratch = try Scratch("custody")
        let shares = try KeyShare.split(key, threshold: 1, count: 2)
        let owners = [("alice", owner.publicKey), ("bob", key.publicKey)].map { (name: $0.0, key: $0.1) }
        let files = try CustodyFiles.write(shares, of: key, for: owners, in: scratch["shares"])
        #expect(files.map { $0.lastComponent?.string } == ["share-1-alice.pem", "share-2-bob.pem", "shares.json"])
        #expect(try Folders.names(scratch["shares"]) == ["share-1-alice.pem", "share-2-bob.pem", "shares.json"])
        let error = #expect(throws: SecretaryError.self) {
            try CustodyFiles.write(
                shares, of: key,
                for: [("carol", owner.publicKey), ("bob", owner.publicKey)].map { (name: $0.0, key: $0.1) },
                in: scratch["shares"])
        }
        #expect(error?.code == .cannotCreate && error?.message.contains("share-2-bob.pem exists already") == true)
        #expect(try Folders.names(scratch["shares"]).count == 3)
        let opened = try KeyShare.open(text: CustodyFiles.read(files[0]), by: owner)
        #expect(opened.digest == shares[0].digest)
    }

    @Test("anything is read as a share, a set or a locked key, or refused")
    func fuzz() throws {
        let shares = try KeyShare.split(key, threshold: 2, count: 3)
        let locked = try LockedKey.lock(
            key, passphrase: SecretBytes(Array("correct horse battery".utf8)), cost: LockedKeyTests.cheap)
        let seeds = [set(of: shares).text, shares[0].text(sealedTo: owner.publicKey, named: "a"), locked.text]
        let share = try bytes(shares[0])
        try Fuzz.run(seeds: seeds + [share]) { input in
            _ = try? ShareSet(text: input, name: "x")
            _ = try? LockedKey(text: input)
            _ = try? KeyShare.open(text: input, by: owner)
            if let read = try? KeyShare(SecretBytes(input)) {
                guard try bytes(read) == input else { throw SecretaryError(.malformed, "a share that is another") }
            }
        }
    }
}
