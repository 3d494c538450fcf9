import Glibc
import SecretaryCore
import SystemPackage
import TestSupport
import Testing

@testable import DockerVolumePlugin

@Suite("The registry of volumes")
struct VolumeRegistryTests {
    @Test("what was created is there for the next plugin, with its options and its time")
    func persistence() throws {
        let scratch = try Scratch("registry")
        let options = ["source": "web.yml", "app": "/prod/web", "mode": "0440"]
        let first = try VolumeRegistry(scratch["volumes"])
        try first.create("web", options: options)
        try first.create("db", options: ["source": "db.yml"])
        try first.create("gone", options: ["source": "gone.yml"])
        try first.remove("gone")
        let second = try VolumeRegistry(scratch["volumes"])
        #expect(second.all.map(\.name) == ["db", "web"])
        #expect(second.volume("web")?.options == options)
        #expect(second.problems.isEmpty)
        try second.create("web", options: options)
        #expect(throws: SecretaryError.self) { try second.create("web", options: ["source": "other.yml"]) }
    }

    @Test("only its owner can read or change definitions")
    func permissions() throws {
        let scratch = try Scratch("registry")
        let registry = try VolumeRegistry(scratch["state/volumes"])
        try registry.create("web", options: ["source": "web.yml"])
        for (path, mode) in [("state/volumes", 0o700), ("state/volumes/web.json", 0o600)] {
            var status = stat()
            #expect(unsafe lstat(scratch[path].string, &status) == 0)
            #expect(status.st_mode & 0o777 == mode, "\(path)")
        }
    }

    @Test("a file that is none, or was cut off, is said and harms no other; what a crash left is overwritten")
    func brokenFiles() throws {
        let scratch = try Scratch("registry")
        try scratch.write("volumes/broken.json", "{\"options\": {")
        try scratch.write("volumes/.web.json.new", "{\"opt")
        try scratch.write("volumes/README", "no volume")
        let registry = try VolumeRegistry(scratch["volumes"])
        #expect(registry.all.isEmpty)
        #expect(registry.problems.count == 1)
        #expect(registry.problems.first?.message.contains("broken.json:1:") == true)
        try registry.create("web", options: ["source": "web.yml"])
        #expect(try Scratch.list(scratch["volumes"]) == ["README", "broken.json", "web.json"])
        try registry.create("broken", options: ["source": "web.yml"])
        #expect(try VolumeRegistry(scratch["volumes"]).all.map(\.name) == ["broken", "web"])
    }

    @Test("a definition that cannot be written is no volume")
    func fullDisk() throws {
        let scratch = try Scratch("registry")
        let registry = try VolumeRegistry(scratch["volumes"])
        // A directory in the way, as root may write everywhere.
        try scratch.makeFolder("volumes/.web.json.new")
        #expect(throws: SecretaryError.self) { try registry.create("web", options: ["source": "web.yml"]) }
        #expect(registry.volume("web") == nil)
    }

    @Test("many at once lose nothing")
    func concurrency() async throws {
        let scratch = try Scratch("registry")
        let registry = try VolumeRegistry(scratch["volumes"])
        try await withThrowingTaskGroup { group in
            for number in 0..<40 {
                group.addTask {
                    try registry.create("v\(number % 20)", options: ["source": "\(number % 20).yml"])
                    if number % 20 < 5 { try registry.remove("v\(number % 20)") }
                }
            }
            try await group.waitForAll()
        }
        let found = try VolumeRegistry(scratch["volumes"]).all
        #expect(found.map(\.options) == registry.all.map(\.options))
        #expect(Set(found.map(\.name)).isSuperset(of: (5..<20).map { "v\($0)" }))
    }
}
