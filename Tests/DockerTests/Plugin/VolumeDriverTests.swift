import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@testable import DockerVolumePlugin

@Suite("The volume driver")
struct VolumeDriverTests {
    @Test("says what it is, byte for byte")
    func activation() async throws {
        let setup = try PluginSetup()
        #expect(await setup.ask(.capabilities) == #"{"Capabilities":{"Scope":"local"}}"# + "\n")
        #expect(await setup.ask(.list) == #"{"Volumes":[],"Err":""}"# + "\n")
    }

    @Test("shows a volume as it was created, always at the same place")
    func life() async throws {
        let setup = try PluginSetup()
        let place = "\(setup.scratch.path)/mnt/web"
        let create = #"{"Name":"web","Opts":{"source":"a\u003cb.yml","mode":"0440"}}"#
        #expect(await setup.ask(.create, create) == #"{"Err":""}"# + "\n")
        #expect(await setup.ask(.path, #"{"Name":"web"}"#) == #"{"Mountpoint":"\#(place)","Err":""}"# + "\n")
        #expect(
            await setup.ask(.list)
                == #"{"Volumes":[{"Name":"web","Mountpoint":"\#(place)"}],"Err":""}"# + "\n")
        let details = await setup.ask(.get, #"{"Name":"web"}"#)
        #expect(details.hasPrefix(#"{"Volume":{"Name":"web","Mountpoint":"\#(place)","CreatedAt":"20"#), "\(details)")
        #expect(
            details.hasSuffix(
                #"Z","Status":{"options":{"mode":"0440","source":"a<b.yml"},"mounts":0}},"Err":""}"# + "\n"),
            "\(details)")
        #expect(await setup.ask(.remove, #"{"Name":"web"}"#) == #"{"Err":""}"# + "\n")
        #expect(await setup.ask(.get, #"{"Name":"web"}"#) == #"{"Err":"no such volume: web"}"# + "\n")
    }

    @Test("creating and removing twice is no error; another volume of the name is")
    func again() async throws {
        let setup = try PluginSetup()
        let create = #"{"Name":"web","Opts":{"source":"web.yml","uid":"7"}}"#
        for _ in 0..<2 { #expect(await setup.ask(.create, create) == #"{"Err":""}"# + "\n") }
        let other = await setup.ask(.create, #"{"Name":"web","Opts":{"source":"db.yml","uid":"7"}}"#)
        #expect(
            other
                == #"{"Err":"there is a volume web already, and its source differs; "#
                + #"remove it (docker volume rm web), or choose another name"}"# + "\n")
        for _ in 0..<2 { #expect(await setup.ask(.remove, #"{"Name":"web"}"#) == #"{"Err":""}"# + "\n") }
    }

    @Test(
        "what cannot be understood is an error, and creates nothing",
        arguments: [
            "", "[]", "null", #"{"Name":7.5e1"#, #"{"Name":["web"]}"#, #"{"Name":"web","Opts":["source"]}"#,
            #"{"Name":"web","Opts":{"source":{"a":"b"}}}"#, #"{"Name":"web","Opts":{"source":null}}"#,
            #"{"Name":"../web","Opts":{"source":"web.yml"}}"#, #"{"Name":"web","Opts":{"sauce":"web.yml"}}"#,
            #"{"Name":"web","Opts":null}"#, #"{"Opts":{"source":"web.yml"}}"#,
        ])
    func malformed(body: String) async throws {
        let setup = try PluginSetup()
        let reply = await setup.driver.answer(.create, Array(body.utf8))
        #expect(reply.status == 500)
        #expect(reply.body.hasPrefix(#"{"Err":""#) && !reply.body.hasPrefix(#"{"Err":"""#), "\(reply.body)")
        #expect(setup.registry.all.isEmpty)
        #expect(try Scratch.list(setup.scratch["state/volumes"]).isEmpty)
    }

    @Test("leases are counted for people, whatever Docker forgets or says twice")
    func leases() async throws {
        let setup = try PluginSetup()
        try setup.registry.create("web", options: ["source": "web.yml"])
        let (first, second) = (#"{"Name":"web","ID":"a1"}"#, #"{"Name":"web","ID":"b2"}"#)
        for id in ["a1", "a1", "b2"] { setup.registry.lease("web", to: id) }
        #expect(setup.registry.leases(of: "web") == 2)
        // docker cp: the same once more.
        #expect(await setup.ask(.unmount, first) == #"{"Err":""}"# + "\n")
        #expect(setup.registry.leases(of: "web") == 2)
        for _ in 0..<3 { #expect(await setup.ask(.unmount, second) == #"{"Err":""}"# + "\n") }
        #expect(setup.registry.leases(of: "web") == 1)
        #expect(await setup.ask(.remove, first) == #"{"Err":""}"# + "\n")
        #expect(await setup.ask(.unmount, first) == #"{"Err":""}"# + "\n")
    }

    @Test("where nothing is mounted, Mount says so, and what to do; all else works")
    func unmounted() async throws {
        let setup = try PluginSetup()
        try setup.registry.create("web", options: ["source": "web.yml"])
        let reply = await setup.ask(.mount, #"{"Name":"web","ID":"a1"}"#)
        #expect(reply.hasPrefix(#"{"Err":"nothing is mounted at \#(setup.scratch.path)/mnt; systemctl status"#))
        #expect(setup.registry.leases(of: "web") == 0)
        #expect(await setup.ask(.mount, #"{"Name":"db","ID":"a1"}"#) == #"{"Err":"no such volume: db"}"# + "\n")
        let missing = try PluginSetup(mounter: setup.scratch["secretaryctl"])
        try missing.registry.create("web", options: ["source": "web.yml"])
        #expect(
            await missing.ask(.mount, #"{"Name":"web","ID":"a1"}"#)
                .contains("cannot start \(setup.scratch["secretaryctl"])"))
    }

    @Test("what secretaryctl says when it cannot mount is what Docker's user sees")
    func refused() async throws {
        let scratch = try Scratch("plugin")
        let script = "#!/bin/sh\necho \"$*\" >\(scratch["line"])\necho 'secretaryctl: no key' >&2\nexit 81\n"
        let program = try await scratch.writeProgram("secretaryctl", Array(script.utf8))
        let setup = try PluginSetup(scratch, mounter: program)
        try setup.registry.create("web", options: ["source": "web.yml"])
        let reply = await setup.ask(.mount, #"{"Name":"web","ID":"a1"}"#)
        #expect(reply.contains("cannot mount at \(scratch["mnt"]): secretaryctl: no key"), "\(reply)")
        #expect(
            try scratch.readText("line")
                == "mount --volumes \(scratch["state/volumes"]) --keys /etc/secretary/keys --sources /etc/secretary "
                + "\(scratch["mnt"])\n")
    }
}
