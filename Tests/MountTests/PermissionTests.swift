import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("Who may read")
    struct Permissions {
        struct Case: CustomTestStringConvertible {
            let options: [String]
            /// Who reads the file; all others get `EACCES`.
            let readers: Set<Account>
            var testDescription: String { options.joined(separator: " ") }
        }

        @Test(
            "where root mounts, everybody sees names and sizes, and the mode says who reads",
            arguments: [
                Case(options: [], readers: [.root]),
                Case(options: ["--mode", "0444"], readers: [.root, .nobody, .stranger]),
                Case(options: ["--uid", "65534"], readers: [.root, .nobody]),
                Case(options: ["--gid", "65534", "--mode", "0440"], readers: [.root, .nobody]),
                Case(options: ["--gid", "65534"], readers: [.root]),
                Case(options: ["--uid", "65533", "--gid", "65534", "--mode", "0040"], readers: [.root, .nobody]),
                // As on any file system, root is above modes.
                Case(options: ["--mode", "0"], readers: [.root]),
                Case(options: ["--allow-other", "--mode", "0004"], readers: [.root, .nobody, .stranger]),
            ])
        func modes(_ test: Case) async throws {
            try await TestRepo.with { repo in
                try repo.write("app.yml", "folder:\n  key: \(try repo.seal("hunter2"))")
                let mount = try await Mount(repo, "app.yml", test.options, at: repo.mountpoint)
                for account in [Account.root, .nobody, .stranger] {
                    #expect(try await repo.attempt("list", mount["folder"], as: account) == "ok", "\(account)")
                    #expect(try await repo.attempt("stat", mount["folder/key"], as: account) == "ok", "\(account)")
                    let answer = test.readers.contains(account) ? "ok" : "open: EACCES"
                    #expect(try await repo.attempt("read", mount["folder/key"], as: account) == answer, "\(account)")
                }
                try await mount.end(#_sourceLocation)
            }
        }

        @Test("where an ordinary user mounts, nobody else gets in, root neither, whatever the mode")
        func othersStayOut() async throws {
            try await TestRepo.with(.nobody) { repo in
                try repo.write("app.yml", "key: \(try repo.seal("hunter2"))")
                try await repo.mounted("app.yml", "--mode", "0444") { (mount) async throws in
                    #expect(try await repo.attempt("read", mount["key"]) == "ok")
                    for account in [Account.root, .stranger] {
                        let answers = [
                            try await repo.attempt("stat", mount.path, as: account),
                            try await repo.attempt("list", mount.path, as: account),
                            try await repo.attempt("stat", mount["key"], as: account),
                            try await repo.attempt("open", mount["key"], as: account),
                        ]
                        let expected = ["stat: EACCES", "opendir: EACCES", "stat: EACCES", "open: EACCES"]
                        #expect(answers == expected, "\(account)")
                    }
                }
            }
        }

        @Test(
            "a secret that is denied or cannot be decrypted says so with its own errno, never with an empty file",
            arguments: ["strict", "open", "resident"])
        func errors(policy: String) async throws {
            try await TestRepo.with { repo in
                let whole = try repo.seal("hunter2", scope: "/prod/web")
                // One character of the ciphertext is another.
                let broken = whole.dropLast(5) + (whole.dropLast(4).last == "A" ? "B" : "A") + whole.suffix(4)
                try repo.write(
                    "app.yml",
                    """
                    good: \(whole)
                    above: \(try repo.seal("hunter2", scope: "/prod"))
                    named: \(try repo.seal("hunter2", scope: "/prod/web#named"))
                    unscoped: \(try repo.seal("hunter2", as: .nacl))
                    other: \(try repo.seal("hunter2", scope: "/prod/shop"))
                    renamed: \(try repo.seal("hunter2", scope: "/prod/web#another"))
                    broken: \(broken)
                    malformed: ENC[HPKE,aGVsbG8=]
                    """)
                try await repo.mounted("app.yml", "--cache", policy, "--app", "/prod/web") { mount in
                    // Without an open round trip, it is the first read that fails.
                    let call = policy == "resident" ? "read" : "open"
                    for (name, answer) in [
                        ("good", "ok"), ("above", "ok"), ("named", "ok"), ("unscoped", "ok"),
                        ("other", "\(call): EACCES"), ("renamed", "\(call): EACCES"), ("broken", "\(call): EIO"),
                    ] {
                        #expect(try await repo.attempt("read", mount[name]) == answer, "\(name)")
                        #expect(try await repo.run("stat", ["-c", "%s", mount[name].string]).text == "7\n", "\(name)")
                    }
                    #expect(try await repo.attempt("read", mount["malformed"]) == "\(call): EIO")
                    let status = try await mount.status()
                    for reason in ["sealed for /prod/shop, not for /prod/web", "under another name", "malformed HPKE"] {
                        #expect(status.text.contains(reason))
                    }
                    #expect(!status.text.contains("hunter2"))
                }
            }
        }
    }
}
