import SystemPackage
import TestSupport
import Testing

private let hasPython = PythonServer.python != nil

/// Signatures are checked by botocore, so each of these also shows that the right secret key and token were used.
@Suite("AWS credentials", .enabled(if: hasPython, "needs SECRETARY_TEST_PYTHON, which make test sets"))
struct AWSCredentialTests {
    /// The line that KMS's part of the server writes.
    private func generated(_ key: String, region: String = "eu-west-1") -> String {
        "TrentService.GenerateDataKey \(key) \(region) null"
    }

    private func expect(
        _ key: String, _ environment: [String: String], files: [String: String] = [:],
        serving: [String: String] = [:], others: [String] = []
    ) async throws {
        try await AWSHost.run(serving: serving) { host in
            for (name, text) in files { try host.scratch.write(name, text) }
            let place = ["HOST": host.server.url, "HERE": host.scratch.path.string]
            let environment = environment.mapValues { value in
                place.reduce(value) { $0.replacing("${\($1.key)}", with: $1.value) }
            }
            let result = try await host.encrypt(environment)
            #expect(result.status == 0, "\(result.errors)")
            #expect(try host.log() == others + [generated(key)])
        }
    }

    @Test("from variables, with and without a token, under the old names, too")
    func variables() async throws {
        try await expect("AKIAENV", AWSHost.keys)
        try await expect("AKIAENV", ["AWS_ACCESS_KEY": "AKIAENV", "AWS_SECRET_KEY": "env+secret/key"])
        try await expect(
            "ASIAENV",
            [
                "AWS_ACCESS_KEY_ID": "ASIAENV", "AWS_SECRET_ACCESS_KEY": "env+secret/key",
                "AWS_SESSION_TOKEN": "env/token==",
            ])
    }

    private static let keys = "aws_access_key_id = AKIAPROFILE\naws_secret_access_key=profile/secret\n"

    @Test("from profiles: the default one, one that is named, in either file, in files elsewhere")
    func profiles() async throws {
        try await expect("AKIAPROFILE", [:], files: [".aws/credentials": "[default]\n" + Self.keys])
        try await expect("AKIAPROFILE", [:], files: [".aws/config": "# x\r\n[default]\r\n" + Self.keys])
        try await expect(
            "AKIAPROFILE", ["AWS_PROFILE": "work"],
            files: [".aws/config": "[default]\naws_access_key_id = no\n[profile work]\n" + Self.keys])
        try await expect(
            "AKIAPROFILE",
            ["AWS_PROFILE": "work", "AWS_SHARED_CREDENTIALS_FILE": "${HERE}/a", "AWS_CONFIG_FILE": "${HERE}/b"],
            files: ["a": "[work]\n" + Self.keys, "b": "[profile work]\naws_access_key_id = no\n"])
    }

    @Test("from a role of a profile, by another profile's keys, by variables, by a token")
    func roles() async throws {
        let role = "role_arn = arn:aws:iam::1:role/r\nexternal_id = a&b\nrole_session_name = me\n"
        let assumed = ["sts AssumeRole arn:aws:iam::1:role/r me a&b"]
        try await expect(
            "ASIAROLE", ["AWS_PROFILE": "work"],
            files: [
                ".aws/config": "[profile work]\n\(role)source_profile = base\n",
                ".aws/credentials": "[base]\n" + Self.keys,
            ], others: assumed)
        try await expect(
            "ASIAROLE", ["AWS_PROFILE": "work"],
            files: [".aws/credentials": "[work]\n\(role)source_profile = work\n" + Self.keys], others: assumed)
        try await expect(
            "ASIAWEB", ["AWS_PROFILE": "work"],
            files: [
                ".aws/config": "[profile work]\nrole_arn = r\nweb_identity_token_file = token\n",
                "token": "web.identity.token",
            ], others: ["sts AssumeRoleWithWebIdentity r secretary None"])
    }

    @Test("from a token that somebody else vouches for, before profiles")
    func webIdentity() async throws {
        try await expect(
            "ASIAWEB",
            [
                "AWS_WEB_IDENTITY_TOKEN_FILE": "${HERE}/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/web",
                "AWS_ROLE_SESSION_NAME": "pod",
            ], files: ["token": "web.identity.token\n", ".aws/credentials": "[default]\n" + Self.keys],
            others: ["sts AssumeRoleWithWebIdentity arn:aws:iam::1:role/web pod None"])
    }

    @Test("from a container's endpoint, with the token of a variable or a file")
    func container() async throws {
        let url = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "${HOST}/container"]
        try await expect(
            "ASIACONTAINER", url.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer of-a-container"]) { $1 },
            others: ["get /container"])
        try await expect(
            "ASIACONTAINER", url.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "${HERE}/token"]) { $1 },
            files: ["token": "Bearer of-a-container\n"], others: ["get /container"])
    }

    @Test("from instance metadata, which also knows the region")
    func instance() async throws {
        try await AWSHost.run { host in
            let place = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": host.server.url]
            let result = try await host.encrypt(place, without: "AWS_REGION")
            #expect(result.status == 0, "\(result.errors)")
            let log = try host.log()
            #expect(log.last == generated("ASIAINSTANCE", region: "eu-instance-1"))
            #expect(log.contains("get /latest/meta-data/placement/region"))
            let off = try await host.encrypt(place.merging(["AWS_EC2_METADATA_DISABLED": "true"]) { $1 })
            #expect(off.status == 66 && off.errors.contains("AWS_EC2_METADATA_DISABLED"))
        }
    }

    @Test("the region: of the variables, of the profile, of the key's ARN")
    func regions() async throws {
        try await AWSHost.run { host in
            try host.scratch.write(".aws/config", "[default]\nregion = eu-profile-1\n")
            _ = try await host.encrypt(AWSHost.keys, without: "AWS_REGION")
            _ = try await host.encrypt(
                AWSHost.keys.merging(["AWS_DEFAULT_REGION": "eu-default-1"]) { $1 }, without: "AWS_REGION")
            _ = try await host.encrypt(AWSHost.keys, key: "arn:aws:kms:eu-arn-1:1:key/x")
            let expected = ["eu-profile-1", "eu-default-1", "eu-arn-1"].map { generated("AKIAENV", region: $0) }
            #expect(try host.log() == expected)
            let wrong = try await host.encrypt(AWSHost.keys.merging(["AWS_REGION": "evil.example/"]) { $1 })
            #expect(wrong.status == 64 && wrong.errors.contains("is no AWS region"))
        }
    }

    @Test(
        "a place that is set up and does not work is an error, and no other is tried",
        arguments: [
            (["AWS_ACCESS_KEY_ID": "AKIAENV"], "", Int32(66), "$AWS_SECRET_ACCESS_KEY is not"),
            (["AWS_PROFILE": "nobody"], "", 66, "'nobody'"),
            (["AWS_SHARED_CREDENTIALS_FILE": "/nowhere/x"], "", 66, "/nowhere/x"),
            (["AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/x"], "", 66, "$AWS_ROLE_ARN"),
            (["AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/x", "AWS_ROLE_ARN": "r"], "", 66, "/nowhere/x"),
            (["AWS_WEB_IDENTITY_TOKEN_FILE": "/etc/passwd", "AWS_ROLE_ARN": "r"], "", 65, "JSON web token"),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/x"], "", 77, "only for this host"),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1.example.com/x"], "", 77, "only for this host"),
            ([:], "role_arn = r\n", 78, "source_profile"),
            ([:], "role_arn = r\nsource_profile = x\n", 66, "'x' does not exist"),
            (
                [:], "role_arn = r\nsource_profile = b\n[b]\nrole_arn = q\nsource_profile = default\n", 78,
                "need each other"
            ),
            ([:], "role_arn = r\nsource_profile = b\nmfa_serial = m\n", 78, "mfa_serial"),
            ([:], "credential_process = /bin/true\n", 78, "credential_process"),
            ([:], "sso_session = x\n", 78, "sso_session"),
            ([:], "aws_access_key_id = x\n", 66, "aws_secret_access_key"),
            ([:], "role_arn = denied\nsource_profile = b\n[b]\n" + keys, 77, "AccessDenied: not you"),
        ] as [([String: String], String, Int32, String)])
    func broken(_ environment: [String: String], _ profile: String, _ status: Int32, _ message: String) async throws {
        try await AWSHost.run { host in
            if !profile.isEmpty { try host.scratch.write(".aws/credentials", "[default]\n" + profile) }
            let place = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": host.server.url]
            let result = try await host.encrypt(place.merging(environment) { $1 })
            #expect(result.status == status, "\(result.errors)")
            #expect(result.errors.contains(message), "\(result.errors)")
            #expect(result.output.isEmpty)
            #expect(try !host.log().contains { $0.contains("Trent") || $0.contains("latest") })
        }
    }

    @Test("what an endpoint says when it refuses is not repeated")
    func refusedByContainer() async throws {
        try await AWSHost.run { host in
            let result = try await host.encrypt(["AWS_CONTAINER_CREDENTIALS_FULL_URI": host.server.url + "/container"])
            #expect(result.status == 77)
            #expect(result.errors.contains("status 403") && !result.errors.contains("hunter2"), "\(result.errors)")
        }
    }
}
