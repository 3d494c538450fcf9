import SecretaryCore
import Testing

@Suite("Rules about readers")
struct ReaderRulesTests {
    static let nginx = ReaderProcess(
        uid: 33, gid: 34, pid: 1000, startTime: 5, executable: "/usr/sbin/nginx", sharesMountNamespace: true,
        cgroup: "/system.slice/nginx.service")
    static let inContainer = ReaderProcess(
        uid: 33, gid: 34, pid: 1001, startTime: 5, executable: "/usr/sbin/nginx",
        cgroup: "/web.slice/docker-0123.scope", container: "0123")
    /// In another pid namespace.
    static let unknown = ReaderProcess(uid: 33, gid: 34, pid: 0)

    /// The rules of a view, as they stand in the settings.
    private func rules(_ text: String) throws -> ReaderRules {
        let settings = try Settings.parse(Array("views: {w: {source: a, readers: [\(text)]}}".utf8))
        return try settings.view(named: "w").readers
    }

    private func decide(_ text: String, _ reader: ReaderProcess) throws -> String {
        let decision = try rules(text).decide(reader)
        return "\(decision.isAllowed ? "allowed" : "denied") by \(decision.rule)"
    }

    @Test("without a rule that applies, the file's mode has decided")
    func fileMode() throws {
        for text in ["", "deny: {uid: 1}", "allow: {uid: 1}"] {
            #expect(try decide(text, Self.nginx) == "allowed by default: file mode")
        }
        #expect(ReaderRules().decide(Self.unknown) == .fileMode)
    }

    @Test("the first rule that applies decides")
    func order() throws {
        let text = "deny: {gid: 1}, allow: {uid: 33}, deny: {uid: 33}, deny: any".split(separator: ", ")
            .map { "{\($0)}" }.joined(separator: ", ")
        #expect(try decide(text, Self.nginx) == "allowed by views.w.readers[1]")
        var reader = Self.nginx
        reader.gid = 1
        #expect(try decide(text, reader) == "denied by views.w.readers[0]")
        reader = Self.nginx
        reader.uid = 32
        #expect(try decide(text, reader) == "denied by views.w.readers[3]")
    }

    @Test(
        "a rule applies when everything in it holds",
        arguments: [
            ("uid: 33", true), ("uid: 34", false), ("gid: 34", true), ("gid: 33", false), ("uid: 33, gid: 34", true),
            ("uid: 33, gid: 35", false), ("exe: /usr/sbin/nginx", true), ("exe: /usr/sbin/*", true),
            ("exe: /usr/*", false), ("exe: '**/nginx'", true), ("exe: /usr/sbin/nginx2", false),
            ("exe: /usr/sbin/ngin", false), ("cgroup: /system.slice/nginx.service", true),
            ("cgroup: '/system.slice/**'", true), ("cgroup: /system.slice", false),
            ("uid: 33, exe: /usr/sbin/nginx, cgroup: '/system.slice/**'", true),
            ("uid: 33, exe: /usr/sbin/apache2, cgroup: '/system.slice/**'", false),
        ])
    func conditions(text: String, applies: Bool) throws {
        #expect(try decide("allow: {\(text)}", Self.nginx).hasSuffix(applies ? "readers[0]" : "file mode"))
        #expect(try decide("deny: {\(text)}", Self.nginx).hasPrefix(applies ? "denied" : "allowed"))
    }

    @Test(
        "what is not known satisfies no rule that allows, and escapes none that denies",
        arguments: ["exe: /usr/sbin/nginx", "exe: '**'", "cgroup: '**'", "container: '**'", "uid: 33, container: '*'"])
    func unknown(text: String) throws {
        #expect(try decide("allow: {\(text)}", Self.unknown) == "allowed by default: file mode")
        #expect(try decide("{allow: {\(text)}}, {deny: any}", Self.unknown) == "denied by views.w.readers[1]")
        #expect(try decide("{deny: {\(text)}}, {allow: any}", Self.unknown) == "denied by views.w.readers[0]")
        // What is known and different still counts.
        #expect(
            try decide("{deny: {uid: 1, \(text)}}".replacing(", uid: 33", with: ""), Self.unknown).hasPrefix("allowed"))
    }

    @Test("a process that is in no container is not one whose container is unknown")
    func noContainer() throws {
        let text = "{deny: {container: '**'}}, {allow: any}"
        #expect(try decide(text, Self.nginx) == "allowed by views.w.readers[1]")
        #expect(try decide(text, Self.inContainer) == "denied by views.w.readers[0]")
    }

    @Test("the path of a program allows inside a container only by a rule that names the container")
    func programsInContainers() throws {
        #expect(try decide("allow: {exe: /usr/sbin/nginx}", Self.inContainer).hasSuffix("file mode"))
        #expect(try decide("allow: {exe: /usr/sbin/nginx, container: '01*'}", Self.inContainer).hasSuffix("[0]"))
        #expect(try decide("allow: {exe: /usr/sbin/nginx, container: '02*'}", Self.inContainer).hasSuffix("file mode"))
        #expect(try decide("allow: {exe: /usr/sbin/nginx, container: '**'}", Self.nginx).hasSuffix("file mode"))
        #expect(try decide("deny: {exe: /usr/sbin/nginx}", Self.inContainer).hasPrefix("denied"))
    }

    @Test("a program whose file was replaced is no longer the one that is allowed, and still the one that is denied")
    func deletedPrograms() throws {
        var reader = Self.nginx
        reader.executable = "/usr/sbin/nginx (deleted)"
        #expect(try decide("allow: {exe: /usr/sbin/nginx}", reader).hasSuffix("file mode"))
        #expect(try decide("allow: {exe: '/usr/sbin/*'}", reader).hasSuffix("file mode"))
        #expect(try decide("deny: {exe: /usr/sbin/nginx}", reader).hasPrefix("denied"))
    }

    @Test("rules of a file are asked before those of its view")
    func files() throws {
        let view = try Settings.parse(
            Array(
                """
                views:
                  w:
                    source: a
                    readers: [{allow: {uid: 33}}, {deny: any}]
                    files: [{match: key, readers: [{deny: {uid: 33}}, {allow: {uid: 1}}]}]
                    render: [{path: r, format: json, readers: [{allow: any}]}]
                """.utf8)
        ).view(named: "w")
        let both = view.files[0].access.readers.followed(by: view.readers)
        #expect(
            both.rules.map(\.name) == [
                "views.w.files[0].readers[0]", "views.w.files[0].readers[1]", "views.w.readers[0]",
                "views.w.readers[1]",
            ])
        #expect(both.decide(Self.nginx).rule == "views.w.files[0].readers[0]")
        #expect(view.render[0].access.readers.decide(Self.nginx).rule == "views.w.render[0].readers[0]")
    }
}
