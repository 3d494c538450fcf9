import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("Reading a mount")
    struct Reading {
        /// Secrets of every shape: their size, their type, how many envelopes they consist of.
        static let samples: [Sample] = {
            let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 256) }
            let joined: [Sample.Part] = [
                .literal("user:"), .sealed(Array("hunter2".utf8), .nacl), .literal("@host/"),
                .sealed(Array("x".utf8), .hpke), .sealed([], .hpke), .literal("\u{20AC}"),
            ]
            let shapes = [
                Sample("small", "hunter2"), Sample("nacl", "hunter2", .nacl), Sample("one", "x"),
                Sample("empty", ""), Sample("empty-nacl", "", .nacl), Sample("binary", bytes),
                Sample("page", Sample.random(4096), .nacl), Sample("page-and-one", Sample.random(4097)),
                Sample("mega", Sample.random(1 << 20)), Sample("mega-nacl", Sample.random(1 << 20), .nacl),
                Sample("multi", joined), Sample("deep/er/est/of all", "needle in a haystack\n"),
                Sample("deep/er/key", "x"), Sample("deep/er two/key", "x"),
            ]
            return shapes
                + (0..<300).map { Sample("many/key \($0)", "value \($0)\n", $0 % 2 == 0 ? .hpke : .nacl) }
        }()

        /// The largest secret there can be, in a file of its own.
        static let huge = Sample("huge", Sample.random(SecretBytes.maximumCount))

        static func plant(in repo: TestRepo) throws {
            try repo.plant(samples, in: "conf/app.yml", place: "app.yml")
            try repo.plant(
                [Sample("tls/key", "-----BEGIN\nneedle\n", .nacl), Sample("password", "hunter2")], in: "conf/web.json",
                place: "web.json")
            try repo.plant(
                [Sample("TOKEN", "hunter2"), Sample("OTHER", "x", .nacl)], in: "conf/services/job.env",
                place: "services/job.env")
        }

        @Test("the largest secret there can be is read like any other", arguments: ["strict", "open"])
        func largest(policy: String) async throws {
            try await TestRepo.with { repo in
                try repo.plant([Reading.huge], in: "huge.yml")
                try await repo.mounted("huge.yml", "--cache", policy) { mount in
                    let plain = repo.plain.appending("huge").string
                    for (check, answer) in try await repo.probe("reading-files", mount["huge"].string, plain, policy) {
                        #expect(answer == "ok", "\(check)")
                    }
                }
            }
        }

        @Test("every way to read gives the exact bytes, and every way to list the exact names", arguments: Account.all)
        func systemCalls(account: Account) async throws {
            try await TestRepo.with(account) { repo in
                try Reading.plant(in: repo)
                let small = Reading.samples.filter { $0.keys[0] != "many" }.map { "app.yml/\($0.path)" }
                let files = small + ["app.yml/many/key 7", "web.json/tls/key", "services/job.env/TOKEN"]
                for policy in ["strict", "open", "resident"] {
                    try await repo.mounted("conf", "--cache", policy) { mount in
                        for file in files {
                            let answers = try await repo.probe(
                                "reading-files", mount[file].string, repo.plain.pushing(FilePath(file)).string, policy)
                            #expect(answers.count == 24)
                            for (check, answer) in answers {
                                #expect(answer == "ok", "\(check), \(file), \(policy)")
                            }
                        }
                        for folder in ["", "app.yml", "app.yml/many", "app.yml/deep/er", "services"] {
                            let answers = try await repo.probe(
                                "reading-folders", mount[folder].string, repo.plain.pushing(FilePath(folder)).string)
                            #expect(answers.count == 6)
                            for (check, answer) in answers {
                                #expect(answer == "ok", "\(check), \(folder), \(policy)")
                            }
                        }
                    }
                }
            }
        }

        @Test(
            "names and exact sizes can be seen before anything is decrypted, even of what cannot be",
            arguments: ["strict", "open", "resident"])
        func laziness(policy: String) async throws {
            try await TestRepo.with { repo in
                try Reading.plant(in: repo)
                // Sealed with a key that this mount does not have, and for somebody else.
                let stranger = try PrivateKey.generate()
                let secret = try unsafe SecretBytes(count: 1234) { _ in }
                let sealer = try HPKESealer(masterKey: stranger.publicKey, configKey: stranger)
                let foreign = try sealer.seal(secret, scope: nil)
                try repo.write(
                    "conf/foreign.yml",
                    """
                    key: \(String(decoding: foreign.text, as: UTF8.self))
                    other: \(try repo.seal("hunter2", scope: "/elsewhere"))
                    """)
                try repo.writePlain("foreign.yml/key", [UInt8](repeating: 0, count: 1234))
                try repo.writePlain("foreign.yml/other", Array("hunter2".utf8))

                try await repo.mounted("conf", "--cache", policy, "--app", "/here") { mount in
                    let list = { (folder: String) in
                        "cd \(folder) && find . -path ./.secretary -prune -o -type f -printf '%p %s %M\\n' | sort"
                    }
                    let (found, expected) = (try await repo.shell(list("$M")), try await repo.shell(list("$P")))
                    #expect(found.text == expected.text.replacing("-rw-r--r--", with: "-r--------"))
                    for command in [
                        "ls -laR $M", "du -a --apparent-size $M", "stat $M/app.yml/*", "find $M -size +1M",
                        "test -s $M/app.yml/small", "getfattr -d -R --absolute-names $M",
                        "python3 -c 'import os; list(os.walk(os.environ[\"M\"]))'",
                    ] {
                        let result = try await repo.shell(command + " >$OUT/list")
                        #expect(result.status == 0 && result.errors.isEmpty, "\(command): \(result.errors)")
                        let status = try await mount.status()
                        #expect(try status.number("held_secrets") == 0, "\(command)")
                        #expect(status["failures"] == "[]", "\(command)")
                    }
                    // The control: reading does count, and does fail where it should.
                    #expect(try await mount.read("app.yml/small").text == "hunter2")
                    #expect(try await mount.status().number("held_secrets") == 1)
                    #expect(try await mount.read("foreign.yml/key").status == 1)
                    #expect(try await mount.status()["failures"] != "[]")
                }
            }
        }
    }
}
