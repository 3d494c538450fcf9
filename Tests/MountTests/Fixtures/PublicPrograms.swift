import Glibc
import SystemPackage
import TestSupport

/// The programs that tests run, where every user can run them: `secretaryctl` and `secretaryd`, which `swift build` may have put
/// below a home directory, `hanging-mount`, and the probes, C programs that are built on the spot.
struct PublicPrograms: Sendable {
    let folder: FilePath
    /// Shared libraries that only the owner of a toolchain could load where they are.
    let libraries: FilePath

    private static let made = Task { try await PublicPrograms() }

    /// Made once, deleted when the tests end.
    static func shared() async throws -> PublicPrograms { try await made.value }

    private init() async throws {
        let scratch = try Scratch("programs")
        scratch.keepUntilExit()
        guard unsafe chmod(scratch.path.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        folder = try scratch.makeFolder("bin")
        libraries = try scratch.makeFolder("lib")
        for program in ["secretaryctl", "secretaryd", "secretary-docker-plugin", "hanging-mount"] {
            try await Command.check(
                "install", ["-m", "0755", Programs.folder.appending(program).string, folder.string])
        }
        for library in try await Self.hiddenLibraries() {
            try await Command.check("install", ["-m", "0755", library, libraries.string])
        }
        for source in try Scratch.list(Self.sources) {
            guard source.hasSuffix(".c") else {
                // Read by an interpreter, from where everybody can read it.
                try await Command.check(
                    "install", ["-m", "0644", Self.sources.appending(source).string, folder.string])
                continue
            }
            try await Command.check(
                "gcc",
                ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", Self.sources.appending(source).string]
                    + ["-o", folder.appending(String(source.dropLast(2))).string])
        }
    }

    static let sources = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .appending("Programs")

    /// The libraries of the programs that the account without rights cannot read.
    private static func hiddenLibraries() async throws -> [String] {
        let listing = String(
            decoding: try await Command.check(
                "ldd", [Programs.secretaryctl, Programs.folder.appending("secretaryd").string]), as: UTF8.self)
        // A line without an address names the program.
        let paths = listing.split(separator: "\n").filter { $0.contains("(0x") }.compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix("/") }.map(String.init)
        }
        let script = #"for file; do test -r "$file" || echo "$file"; done"#
        let hidden = try await Command.check(
            "setpriv",
            ["--reuid=\(Account.nobody.number)", "--regid=\(Account.nobody.number)", "--clear-groups"]
                + ["sh", "-c", script, "sh"] + paths)
        return String(decoding: hidden, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
