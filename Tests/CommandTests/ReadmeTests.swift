import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("README") struct ReadmeTests {
    static let canMount = FileManager.default.fileExists(atPath: "/dev/fuse")

    /// The commands of the terminal session, and what each is said to print.
    static func session() throws -> [(command: String, output: String)] {
        let text = try String(contentsOf: HelpTests.root.appending(path: "README.md"), encoding: .utf8)
        let block = try #require(text.split(separator: "```console\n").last?.split(separator: "```\n").first)
        var session: [(command: String, output: String)] = []
        for line in block.split(separator: "\n") {
            if line.hasPrefix("$ ") {
                session.append((String(line.dropFirst(2)), ""))
            } else {
                session[session.count - 1].output += "\(line)\n"
            }
        }
        return session
    }

    @Test("the terminal session does what it shows", .enabled(if: canMount, "needs /dev/fuse"))
    func terminalSession() async throws {
        let session = try Self.session()
        #expect(session.count == 6)
        let repo = try await Repo(keys: false)
        let mountpoint = try repo.scratch.makeFolder("run/secrets")
        try await repo.scratch.writeProgram("shop/server", Array("#!/bin/sh\nprintf %s \"$SIGNING_KEY\"\n".utf8))
        var script = "set -e\nPATH=\(Programs.folder):$PATH\n"
        for (index, step) in session.enumerated() {
            let command = step.command
                .replacing("/run/secrets", with: mountpoint.string)
                .replacing("'ENC[…]'", with: "\"$(printf signing | secretaryctl encrypt)\"")
            // A change of the source appears a moment later: sooner than anybody types, but not than a script goes on.
            let isRead = command.hasPrefix("cat ")
            script += "exec >'\(repo.path)/\(index)'\n"
            script += isRead ? "for i in $(seq 600); do\nif \(command)\nthen break; fi\nsleep 0.1\ndone" : command
            script += "\n"
        }
        script += "secretaryctl unmount \(mountpoint)\n"
        let result = try await Command.run(
            "sh", ["-c", script], environment: Repo.basicEnvironment, directory: repo.path)
        if result.status != 0 { _ = try? await repo.run(["unmount", "--lazy", mountpoint.string]) }
        try #require(result.status == 0, "\(result.errors)")
        for (index, step) in session.enumerated() where !step.output.isEmpty {
            // A file is shown without a newline at its end; a terminal session looks better with one.
            #expect(try repo.scratch.readText("\(index)") == step.output.dropLast())
        }
        #expect(try repo.scratch.readText("shop/prod/web.yml").contains("\ntoken: ENC[HPKE,"))
        #expect(try repo.scratch.readText("5") == "signing")
    }

    @Test("every file that a page of the project links to is there")
    func links() throws {
        let pages =
            ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"]
            + (try FileManager.default.contentsOfDirectory(atPath: HelpTests.root.appending(path: "Documentation").path))
            .map { "Documentation/\($0)" }
        for page in pages where page.hasSuffix(".md") {
            let file = HelpTests.root.appending(path: page)
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
                let target = file.deletingLastPathComponent().appending(path: String(match.1))
                #expect(FileManager.default.fileExists(atPath: target.path), "\(page): \(match.1)")
            }
        }
    }
}
