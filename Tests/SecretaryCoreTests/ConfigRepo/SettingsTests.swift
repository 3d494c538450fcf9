import SecretaryCore
import SystemPackage
import Testing

@Suite(".secretary.yaml")
struct SettingsTests {
    static let full = """
        version: 1
        format: hpke
        unscoped: warn
        keys: { master: keys/master-public-key.pem, config: ./keys/config-private-key.pem }
        environments:
          - path: prod/**
            keys: { master: prod/keys/master-public-key.pem }
            scope: /prod/{path}
            unscoped: deny
          - path: "*/web.yml"
            format: kms
            scope: /other
        views:
          web:
            source: prod/web.yml
            select: override.env
            app: /prod/shop/web
            files:
              - { match: "DATABASE_*", mode: "0440", gid: 999 }
              - { match: tls.key, path: tls/key.pem, mode: 0o400, uid: 33 }
            render:
              - { path: app.env, format: dotenv, match: "DATABASE_*" }
              - { path: app.json, format: json, select: nested\\.part, mode: 0444 }
              - path: app.conf
                format: template
                template: |
                  password = {{ DATABASE_PASSWORD }}
              - { path: other.conf, format: template, template-file: templates/other.tmpl }
          all: { source: prod }
        """

    private func settings(_ text: String) throws(SecretaryError) -> Settings {
        try Settings.parse(Array(text.utf8))
    }

    @Test("without any key is as the original behaves")
    func defaults() throws {
        for text in ["", "{}", "# nothing\n", "version: 1\n"] {
            let settings = try settings(text)
            #expect(settings == Settings())
            #expect(settings.format == .nacl)
            #expect(settings.unscoped == .allow)
        }
    }

    @Test("every key is read")
    func everything() throws {
        let settings = try settings(SettingsTests.full)
        #expect(settings.version == 1)
        #expect(settings.format == .hpke)
        #expect(settings.unscoped == .warn)
        #expect(settings.keys == [.master: "keys/master-public-key.pem", .config: "keys/config-private-key.pem"])

        #expect(settings.environments.count == 2)
        let prod = try #require(settings.environments.first)
        #expect(prod.path.description == "prod/**")
        #expect(prod.keys == [.master: "prod/keys/master-public-key.pem"])
        #expect(prod.scopeTemplate == "/prod/{path}")
        #expect(prod.unscoped == .deny)
        #expect(prod.format == nil)
        #expect(settings.environments[1].format == .kms)

        #expect(settings.views.map(\.name) == ["web", "all"])
        let web = try settings.view(named: "web")
        #expect(web.source == "prod/web.yml")
        #expect(web.select.parts == ["override", "env"])
        #expect(web.app?.description == "/prod/shop/web")
        #expect(web.files.map(\.match.description) == ["DATABASE_*", "tls.key"])
        #expect(web.files[0].access == FileAccess(mode: [.ownerRead, .groupRead], gid: 999))
        #expect(web.files[1].path == "tls/key.pem")
        #expect(web.files[1].access == FileAccess(mode: [.ownerRead], uid: 33))
        #expect(web.render.map(\.path) == ["app.env", "app.json", "app.conf", "other.conf"])
        #expect(web.render.map(\.format) == [.dotenv, .json, .template, .template])
        #expect(web.render[0].match?.description == "DATABASE_*")
        #expect(web.render[1].select.parts == ["nested.part"])
        #expect(web.render[1].access.mode?.rawValue == 0o444)
        #expect(
            web.render[2].template == .inline(try Template(parsing: Array("password = {{ DATABASE_PASSWORD }}\n".utf8)))
        )
        #expect(web.render[3].template == .file("templates/other.tmpl"))
        let all = try settings.view(named: "all")
        #expect(all.select.parts.isEmpty && all.app == nil && all.files.isEmpty && all.render.isEmpty)
    }

    @Test("rules of files compare the path below the selection")
    func matches() throws {
        let web = try settings(SettingsTests.full).view(named: "web")
        #expect(web.files[0].matches(ConfigPath(["DATABASE_PASSWORD"])))
        #expect(!web.files[0].matches(ConfigPath(["override", "DATABASE_PASSWORD"])))
        // A key with a dot and a key below a key look the same to a pattern.
        #expect(web.files[1].matches(ConfigPath(["tls.key"])))
        #expect(web.files[1].matches(ConfigPath(["tls", "key"])))
    }

    @Test(
        "what is wrong is said with line, column and a way out",
        arguments: [
            ("formt: hpke", "1:1: unknown key \"formt\" | did you mean \"format\"?"),
            ("a: 1\nb: 2", "1:1: unknown key \"a\" | known keys: version, format, unscoped, keys, environments, views"),
            (
                "version: 1\nversion: 1",
                "2:1: the key \"version\" is there twice, first on line 1, column 1 | rename or delete one of them"
            ),
            (
                "version: 2",
                "1:10: version: version 2 is not known to this program, which knows version 1 | install a newer secretaryctl, or write version: 1"
            ),
            ("- a", "1:3: the file has to be a mapping of keys to values"),
            ("format: hpk", "1:9: format: \"hpk\" is not one of nacl, hpke, kms | did you mean \"hpke\"?"),
            ("format:", "1:1: format has no value"),
            ("format: [hpke]", "1:1: format has to be a single value"),
            ("unscoped: maybe", "1:11: unscoped: \"maybe\" is not one of allow, warn, deny"),
            ("keys: {masterr: x}", "1:8: unknown key \"masterr\" in keys | did you mean \"master\"?"),
            ("keys: [x]", "1:8: keys has to be a mapping of keys to values"),
            ("keys: x", "1:7: keys has to be a mapping of keys to values"),
            (
                "keys: {master: /etc/key}",
                "1:16: keys.master: \"/etc/key\" is absolute | write the path from the root of the repository"
            ),
            (
                "keys: {master: ../key}",
                "1:16: keys.master: \"../key\" may leave the repository | write the path without \"..\""
            ),
            (
                "keys: {master: a/../../key}",
                "1:16: keys.master: \"a/../../key\" may leave the repository | write the path without \"..\""
            ),
            ("keys: {master: .}", "1:16: keys.master: \".\" names no file"),
            ("keys: {master: \"a\\0b\"}", "1:16: keys.master: a path has a control character"),
            ("environments: {path: x}", "1:1: environments has to be a list | begin each element with \"- \""),
            ("environments:\n  - x", "2:5: environments[0] has to be a mapping of keys to values"),
            ("environments:\n  - {scope: /x}", "2:6: environments[0] has no path | \"path\" is required here"),
            (
                "environments:\n  - {path: x, pth: y}",
                "2:15: unknown key \"pth\" in environments[0] | did you mean \"path\"?"
            ),
            (
                "environments:\n  - {path: /x/**}",
                "2:12: environments[0].path: \"/x/**\" is absolute | write the path from the root of the repository"
            ),
            (
                "environments:\n  - {path: x//y}",
                "2:12: environments[0].path: \"x//y\" is not in its shortest form | write \"x/y\""
            ),
            (
                "environments:\n  - {path: \"x/[ab]\"}",
                "2:12: environments[0].path: the pattern \"x/[ab]\" has a \"[\" | patterns know *, ** and ?; write ? for a character that they do not"
            ),
            (
                "environments:\n  - {path: x/y, scope: \"/x/{path}\"}",
                "2:24: environments[0].scope: {path} stands for what wildcards match, and \"x/y\" has none | write the app path out, or a pattern such as prod/**"
            ),
            (
                "environments:\n  - {path: x/**, scope: \"/x/{pth}\"}",
                "2:25: environments[0].scope: \"/x/{pth}\" has a brace | the only placeholder is {path}"
            ),
            (
                "environments:\n  - {path: x/**, scope: \"x/{path}\"}",
                "2:25: environments[0].scope: the app path 'x/x' does not begin with / | app paths look like /prod/shop/web"
            ),
            ("views: [web]", "1:9: views has to be a mapping of keys to values"),
            ("views:\n  web: {select: a}", "2:3: views.web has no source | \"source\" is required here"),
            (
                "views:\n  web: {source: a, selct: b}",
                "2:20: unknown key \"selct\" in views.web | did you mean \"select\"?"
            ),
            (
                "views:\n  web: {source: a, app: shop}",
                "2:25: views.web.app: the app path 'shop' does not begin with / | app paths look like /prod/shop/web"
            ),
            (
                "views:\n  web: {source: ../a}",
                "2:17: views.web.source: \"../a\" may leave the repository | write the path without \"..\""
            ),
            (
                "views:\n  web: {source: a, select: \"a\\\\b\"}",
                "2:28: views.web.select: \"a\\b\" has a backslash before \"b\" | write \\. for a dot that belongs to a key, and \\\\ for a backslash"
            ),
            (
                "views:\n  -web: {source: a}",
                "2:3: \"-web\" cannot be the name of a view | names are letters, digits, _, - and ., and begin with a letter, a digit or _"
            ),
            (
                "views:\n  a/b: {source: a}",
                "2:3: \"a/b\" cannot be the name of a view | names are letters, digits, _, - and ., and begin with a letter, a digit or _"
            ),
            (
                "views:\n  w: {source: a, files: [{mode: '0440'}]}",
                "2:27: views.w.files[0] has no match | \"match\" is required here"
            ),
            (
                "views:\n  w: {source: a, files: [{match: x, mode: 440}]}",
                "2:43: views.w.files[0].mode: \"440\" is not a mode | write it as four octal digits, such as \"0440\""
            ),
            (
                "views:\n  w: {source: a, files: [{match: x, mode: '04755'}]}",
                "2:43: views.w.files[0].mode: \"04755\" is not a mode | write it as four octal digits, such as \"0440\""
            ),
            (
                "views:\n  w: {source: a, files: [{match: x, mode: '0888'}]}",
                "2:43: views.w.files[0].mode: \"0888\" is not a mode | write it as four octal digits, such as \"0440\""
            ),
            (
                "views:\n  w: {source: a, files: [{match: x, mode: '0o-7'}]}",
                "2:43: views.w.files[0].mode: \"0o-7\" is not a mode | write it as four octal digits, such as \"0440\""
            ),
            (
                "views:\n  w: {source: a, files: [{match: x, gid: docker}]}",
                "2:42: views.w.files[0].gid: \"docker\" is not the number of a user or group | write the number that \"id\" shows; a name may be another number inside a container"
            ),
            (
                "views:\n  w: {source: a, files: [{match: x, uid: 4294967295}]}",
                "2:42: views.w.files[0].uid: \"4294967295\" is not the number of a user or group | write the number that \"id\" shows; a name may be another number inside a container"
            ),
            (
                "views:\n  w: {source: a, files: [{match: x, path: \(String(repeating: "a/", count: 100_000))a}]}",
                "2:43: views.w.files[0].path: a path has more than 100 parts"
            ),
            (
                "views:\n  w: {source: a, files: [{match: x, path: .secretary/x}]}",
                "2:43: views.w.files[0].path: \".secretary/x\" is below .secretary, which a mount keeps for itself | choose another name"
            ),
            (
                "views:\n  w: {source: a, render: [{path: x}]}",
                "2:28: views.w.render[0] has no format | \"format\" is required here"
            ),
            (
                "views:\n  w: {source: a, render: [{path: x, format: env}]}",
                "2:45: views.w.render[0].format: \"env\" is not one of dotenv, json, template"
            ),
            (
                "views:\n  w: {source: a, render: [{path: x, format: json, template: y}]}",
                "2:51: views.w.render[0] has a template, and the format json | write format: template, or delete the template"
            ),
            (
                "views:\n  w: {source: a, render: [{path: x, format: template}]}",
                "2:28: views.w.render[0] needs a template or a template-file, one of both"
            ),
            (
                "views:\n  w: {source: a, render: [{path: x, format: template, template: y, template-file: z}]}",
                "2:28: views.w.render[0] needs a template or a template-file, one of both"
            ),
            (
                "views:\n  w: {source: a, render: [{path: x, format: template, template: '{{ a', match: b}]}",
                "2:73: views.w.render[0] has a match, and a template names its values itself"
            ),
            (
                "views:\n  w: {source: a, render: [{path: x, format: template, template: '{{ a'}]}",
                "2:65: views.w.render[0].template: line 1: a {{ has no }} on its line | write {{{{ for two braces as text"
            ),
            (
                "views:\n  w: {source: a, render: [{path: x, format: json}, {path: ./x, format: dotenv}]}",
                "2:18: views.w.render has two files \"x\""
            ),
            (
                "views:\n  w: {source: a, readers: {allow: any}}",
                "2:18: views.w.readers has to be a list | begin each element with \"- \""
            ),
            (
                "views:\n  w: {source: a, readers: [deny]}",
                "2:28: views.w.readers[0] has to be a mapping of keys to values"
            ),
            (
                "views:\n  w: {source: a, readers: [{alow: any}]}",
                "2:29: unknown key \"alow\" in views.w.readers[0] | did you mean \"allow\"?"
            ),
            (
                "views:\n  w: {source: a, readers: [{allow: any, deny: any}]}",
                "2:29: views.w.readers[0] has to say either allow or deny | write one line a rule; the first that applies decides"
            ),
            (
                "views:\n  w: {source: a, readers: [{deny: all}]}",
                "2:35: views.w.readers[0].deny: \"all\" is not a description of readers | write any, or what has to hold of the reader: { uid: 33, exe: /usr/sbin/nginx }"
            ),
            (
                "views:\n  w: {source: a, readers: [{deny: {}}]}",
                "2:29: views.w.readers[0].deny says nothing of the reader | write deny: any for everybody"
            ),
            (
                "views:\n  w: {source: a, readers: [{deny: {user: 33}}]}",
                "2:36: unknown key \"user\" in views.w.readers[0].deny | known keys: uid, gid, exe, cgroup, container"
            ),
            (
                "views:\n  w: {source: a, readers: [{deny: {uid: www-data}}]}",
                "2:41: views.w.readers[0].deny.uid: \"www-data\" is not the number of a user or group | write the number that \"id\" shows; a name may be another number inside a container"
            ),
            (
                "views:\n  w: {source: a, readers: [{deny: {exe: nginx}}]}",
                "2:41: views.w.readers[0].deny.exe: \"nginx\" does not begin with / | write the whole path, or begin with **/"
            ),
            (
                "views:\n  w: {source: a, readers: [{deny: {cgroup: /web.slice/}}]}",
                "2:44: views.w.readers[0].deny.cgroup: \"/web.slice/\" is not in its shortest form | write \"/web.slice\""
            ),
            (
                "views:\n  w: {source: a, readers: [{allow: any}, {deny: any}]}",
                "2:43: views.w.readers[1] is never asked: views.w.readers[0] decides about every reader | put the rule for any last"
            ),
            (
                "views:\n  w: {source: a, files: [{match: x, readers: [{allow: {}}]}]}",
                "2:48: views.w.files[0].readers[0].allow says nothing of the reader | write allow: any for everybody"
            ),
            (
                "format: ENC[NACL,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA]",
                "1:9: format is an envelope; settings cannot be secret"
            ),
            ("a: *x", "1:4: the alias *x has no anchor &x before it"),
        ])
    func complaints(text: String, expected: String) throws {
        let error = #expect(throws: SecretaryError.self) { try settings(text) }
        #expect(error?.code == .configuration)
        #expect(error.map { $0.message + ($0.hint.map { " | \($0)" } ?? "") } == ".secretary.yaml:" + expected)
    }

    @Test(
        "a view that does not exist is answered with those that do",
        arguments: [
            (
                SettingsTests.full, "wbe",
                "there is no view \"wbe\": .secretary.yaml has web, all | did you mean \"web\"?"
            ),
            ("version: 1", "web", "there is no view \"web\": .secretary.yaml has none"),
        ])
    func missingView(text: String, name: String, expected: String) throws {
        let settings = try settings(text)
        #expect(describeError { () throws(SecretaryError) in try settings.view(named: name).name } == expected)
    }

    @Test("settings are a small file")
    func size() {
        let text = "# " + String(repeating: "x", count: 1 << 20)
        #expect(throws: SecretaryError(.configuration, ".secretary.yaml is larger than 1 MiB, the limit for settings"))
        {
            try settings(text)
        }
    }
}
