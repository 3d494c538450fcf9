import SystemPackage
import TestSupport
import Testing

@testable import SecretFS

@Suite("What is watched of a source")
struct SourceWatcherTests {
    /// A folder, and what is watched in it.
    private final class Watched {
        let scratch: Scratch
        private var watcher: SourceWatcher

        init() throws {
            scratch = try Scratch("watcher")
            watcher = try SourceWatcher()
        }

        func places(directories: [String] = [], files: [String]) -> SourcePlaces {
            SourcePlaces(directories: Set(directories.map { scratch[$0] }), files: Set(files.map { scratch[$0] }))
        }

        /// Whether some of these are new.
        func watch(directories: [String] = [], files: [String]) throws -> Bool {
            try watcher.watch(places(directories: directories, files: files))
        }

        /// Whether a file that is written is noticed.
        func notices(_ file: String) throws -> Bool {
            try scratch.write(file, "a: 1\n")
            return watcher.drain()
        }

        func news() -> SourceNews { watcher.takeNews() }
    }

    @Test("of a file that is watched nothing is told but what happens to it, of a directory everything")
    func names() throws {
        let watched = try Watched()
        try watched.scratch.makeFolder("whole")
        #expect(try watched.watch(directories: ["whole"], files: ["web.yml"]))
        #expect(try !watched.notices("other.yml"))
        #expect(try watched.notices("web.yml"))
        #expect(watched.news().files == [watched.scratch["web.yml"]])
        #expect(try watched.notices("whole/any.yml"))
        let news = watched.news()
        #expect(news.concerns(watched.places(directories: ["whole"], files: [])))
        #expect(!news.concerns(watched.places(files: ["web.yml", "whole/other.yml"])))
    }

    @Test("a name that was not watched before is new, although its directory is not")
    func newName() throws {
        let watched = try Watched()
        #expect(try watched.watch(files: ["a"]))
        #expect(try !watched.watch(files: ["a"]))
        #expect(!watched.news().covers(watched.places(files: ["a", "b"])))
        #expect(try watched.watch(files: ["a", "b"]))
        #expect(watched.news().covers(watched.places(files: ["a", "b"])))
        // What is not there is not watched.
        _ = try watched.watch(files: ["a", "nowhere/c"])
        #expect(!watched.news().covers(watched.places(files: ["nowhere/c"])))
    }
}
