import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@Suite("volume definitions")
struct VolumeDefinitionTests {
    private static let all = [
        "source": "prod/web.yml", "select": "override.env", "layout": "keys", "app": "/prod/shop/web",
        "url": "https://a.example:8443,unix:///run/s.sock", "deploy-key-file": "web-deploy.pem",
        "service-key-file": "/etc/keys/service.pem", "uid": "999", "gid": "33", "mode": "0440", "readers": "any",
        "cache": "strict",
    ]

    private func volume(_ options: [String: String], name: String = "web") throws(SecretaryError) -> VolumeDefinition {
        try VolumeDefinition(name: name, options: options, created: 1_795_309_323_000_000_000)
    }

    private func problem(_ options: [String: String]) -> SecretaryError? {
        do throws(SecretaryError) {
            _ = try volume(["source": "web.yml"].merging(options) { $1 })
            return nil
        } catch {
            return error
        }
    }

    @Test("a source is enough; everything else is as the mount has it, and it opens where it is mounted")
    func defaults() throws {
        let meaning = try volume(["source": "web.yml"]).meaning
        #expect(meaning.source == "web.yml")
        #expect(meaning.layout == .keys)
        #expect(meaning.readers == .mounted)
        #expect(meaning.urls.isEmpty && meaning.app == nil && meaning.deployKeyFile == nil)
        #expect(meaning.uid == nil && meaning.gid == nil && meaning.mode == nil && meaning.cache == nil)
    }

    @Test("every option is understood")
    func everything() throws {
        let meaning = try volume(Self.all).meaning
        #expect(meaning.source == "prod/web.yml")
        #expect(meaning.select == "override.env")
        #expect(meaning.app?.description == "/prod/shop/web")
        #expect(meaning.urls == ["https://a.example:8443", "unix:///run/s.sock"])
        #expect(meaning.deployKeyFile == "web-deploy.pem")
        #expect(meaning.serviceKeyFile == "/etc/keys/service.pem")
        #expect(meaning.uid == 999 && meaning.gid == 33 && meaning.mode == 0o440)
        #expect(meaning.readers == .any && meaning.cache == .strict)
        #expect(try volume(["source": "repo", "view": "web"]).meaning.view == "web")
        let named = Set(Self.all.keys).union(["view"])
        #expect(named == Set(VolumeOption.allCases.map(\.rawValue)))
    }

    @Test("an option that there is not is refused, and the one that was meant is named")
    func unknown() {
        #expect(problem(["usr": "1"])?.message == "volume web has an unknown option \"usr\"")
        #expect(problem(["moed": "0400"])?.hint == "did you mean \"mode\"?")
        #expect(problem(["Source": "x"])?.code == .usage)
        #expect(problem(["something": "1"])?.hint?.contains("deploy-key-file, service-key-file") == true)
    }

    @Test(
        "a value that cannot be used is refused with option and volume",
        arguments: [
            ("uid", "root"), ("uid", "4294967295"), ("uid", "-1"), ("gid", "0x10"), ("gid", ""), ("mode", "rw-r-----"),
            ("mode", "1777"), ("mode", "0889"), ("layout", "tree"), ("readers", "all"), ("cache", "always"),
            ("app", "prod/web"), ("app", "/prod//web"), ("source", "../other"), ("source", "a/../../b"), ("source", ""),
            ("deploy-key-file", "../../etc/shadow"), ("select", "a\\"),
            ("url", "https://a,,https://b"),
            ("source", "a\nb"), ("view", ""),
        ])
    func badValues(_ option: String, _ value: String) {
        let error = problem([option: value])
        #expect(error?.code == .usage)
        #expect(error?.message.hasPrefix("volume web, option \(option): ") == true, "\(String(describing: error))")
    }

    @Test("options that do not go together are refused")
    func conflicts() {
        #expect(problem(["view": "web", "select": "a"])?.message.contains("select and view") == true)
        #expect(problem(["layout": "files", "select": "a"])?.message.contains("select and layout") == true)
        #expect(problem(["layout": "files", "view": "web"])?.message.contains("view and layout") == true)
        #expect(problem(["url": "http://a", "deploy-key-file": "k"])?.hint == "add -o app=…")
        #expect(problem(["url": "http://a", "app": "/a"])?.hint == "add -o deploy-key-file=…")
        #expect(problem(["service-key-file": "k"])?.hint == "add -o url=…")
        #expect(throws: SecretaryError.self) { try volume([:]) }
    }

    @Test(
        "names are those that Docker allows",
        arguments: ["ab", "0web", "web-secrets_1.prod", String(repeating: "a", count: 245)])
    func names(_ name: String) throws {
        #expect(try volume(Self.all, name: name).name == name)
        #expect(VolumeDefinition.name(ofFile: name + ".json") == name)
    }

    @Test(
        "other names are refused",
        arguments: [
            "", "a", ".web", "-web", "_a", "a/b", "..", "a b", "wéb", "web\n", "web\0",
            String(repeating: "a", count: 246),
        ])
    func badNames(_ name: String) {
        #expect(throws: SecretaryError.self) { try volume(Self.all, name: name) }
        #expect(VolumeDefinition.name(ofFile: name + ".json") == nil)
    }

    @Test("its file says the same as it was given, exactly")
    func file() throws {
        let scratch = try Scratch("volume")
        for options in [Self.all, ["source": "ein Ordner/\"web\" \\ ü.yml"]] {
            let volume = try volume(options)
            let file = try scratch.write("web.json", volume.json)
            #expect(try VolumeDefinition(file: file) == volume)
        }
    }

    @Test(
        "a file that is no definition is refused with the place of what is wrong",
        arguments: [
            ("{", "web.json:1:2: "), ("[]", "has to be a mapping"),
            ("{\"options\": {\"source\": \"a\"}, \"x\": 1}", "\"x\""),
            ("{\"options\": {\"source\": [\"a\"]}}", "options.source has to be a single value"),
            ("{\"created\": \"yesterday\", \"options\": {\"source\": \"a\"}}", "created"),
            ("{\"options\": {\"source\": \"ENC[NACL,AAAA]\"}}", "is an envelope"), ("", "no source"),
        ])
    func badFiles(_ text: String, _ message: String) throws {
        let scratch = try Scratch("volume")
        let file = try scratch.write("web.json", text.utf8)
        do throws(SecretaryError) {
            _ = try VolumeDefinition(file: file)
            Issue.record("\(text) was accepted")
        } catch {
            #expect(error.message.contains(message), "\(error.message)")
        }
    }
}
