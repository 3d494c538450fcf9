import SecretaryCore
import SystemPackage
import TestSupport
import Testing

/// Runs every example of `Documentation/config-repo.md`: the word after the language of a block says what it is.
@Suite("Documentation/config-repo.md")
struct DocumentationTests {
    struct Block {
        let language: String
        let role: String
        let text: String
    }

    let page: String
    let blocks: [Block]

    init() throws {
        let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .removingLastComponent()
        page = String(decoding: try Scratch.read(root.appending("Documentation/config-repo.md")), as: UTF8.self)
        var blocks: [Block] = []
        var open: (header: Substring, lines: [Substring])?
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if let block = open {
                guard line == "```" else {
                    open?.lines.append(line)
                    continue
                }
                let words = block.header.split(separator: " ")
                blocks.append(
                    Block(
                        language: String(words.first ?? ""), role: String(words.last ?? ""),
                        text: block.lines.joined(separator: "\n") + "\n"))
                open = nil
            } else if line.hasPrefix("```") {
                open = (line.dropFirst(3), [])
            }
        }
        self.blocks = blocks
    }

    /// Pairs of neighbouring blocks with these roles.
    private func pairs(_ first: String, _ second: String) throws -> [(Block, Block)] {
        let pairs = zip(blocks, blocks.dropFirst()).filter { $0.role == first && $1.role == second }
        try #require(!pairs.isEmpty, "there are no examples \(first), \(second)")
        return pairs.map { ($0.0, $0.1) }
    }

    private func fileName(_ block: Block) -> String {
        "web." + (block.language == "yaml" ? "yml" : block.language)
    }

    @Test("has no block that is not tried out")
    func roles() {
        let known = [
            "read", "values", "wrong", "error", "selected", "settings", "settings-wrong", "scopes", "rendered", "rule",
            "output",
        ]
        for block in blocks { #expect(known.contains(block.role), "\(block.role)") }
    }

    @Test("files give the values that it lists")
    func values() throws {
        for (source, values) in try pairs("read", "values") {
            let leaves = try parse(source.text, fileName(source)).leaves()
            let shown = leaves.map { leaf in
                let text = show(leaf.value.value).replacing("<3>", with: "<3 bytes>").replacing("\n", with: "⏎")
                return leaf.value.kind == .null || text.isEmpty ? "\(leaf.path) =" : "\(leaf.path) = \(text)"
            }
            #expect(shown.joined(separator: "\n") + "\n" == values.text)
        }
    }

    @Test("wrong files give the errors that it shows")
    func errors() throws {
        for (source, error) in try pairs("wrong", "error") {
            let message = complaint(source.text, fileName(source)).prefix { $0 != "|" }
            #expect(message.trimmingSuffix + "\n" == error.text)
        }
    }

    @Test("paths that lead nowhere give the errors that it shows")
    func selections() throws {
        for (source, errors) in try pairs("selected", "error") {
            let file = try parse(source.text, "a.yml")
            for line in errors.text.split(separator: "\n") {
                let path = String(line.prefix { $0 != ":" })
                let message = describe { () throws(SecretaryError) in show(try file.node(at: path)) }
                #expect("\(path): \(message.dropFirst("a.yml: ".count))" == line)
            }
        }
    }

    @Test("settings are read, and give the scopes that it lists")
    func settings() throws {
        let settings = blocks.filter { $0.role == "settings" }
        for block in settings { _ = try Settings.parse(Array(block.text.utf8)) }
        let block = try #require(settings.first)
        let repository = ConfigRepository(root: "/repo", settings: try Settings.parse(Array(block.text.utf8)))
        #expect(repository.settings.views.map(\.name) == ["web"])
        let scopes = try #require(blocks.first { $0.role == "scopes" })
        for line in scopes.text.split(separator: "\n") {
            let file = String(line.prefix { $0 != " " })
            let scope = try repository.scope(for: file)
            #expect("\(file) =" + (scope.map { " \($0)" } ?? "") == line)
        }
    }

    @Test("wrong settings give the errors that it shows")
    func wrongSettings() throws {
        for (source, error) in try pairs("settings-wrong", "error") {
            let message = describe { () throws(SecretaryError) in "\(try Settings.parse(Array(source.text.utf8)))" }
            #expect(message + "\n" == error.text)
        }
    }

    @Test("rules give the files, or the errors, that it shows")
    func rendering() throws {
        let source = try #require(blocks.first { $0.role == "rendered" })
        let file = try parse(source.text, "a.yml")
        let opener = SecretOpener(decryptor: StandInDecryptor(), identity: Identity())
        for (rule, expected) in try pairs("rule", "output") + pairs("rule", "error") {
            let settings = "views:\n  v:\n    source: a.yml\n    render: [\(rule.text.dropLast())]\n"
            let output = describe { () throws(SecretaryError) in
                let rules = try Settings.parse(Array(settings.utf8)).views.flatMap(\.render)
                let composed = try Rendering(rules[0], of: file.root, root: "/").compose(with: opener)
                return unsafe composed.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
            }
            #expect(output.trimmingSuffix + "\n" == expected.text)
        }
    }

    @Test("names the limits that there are")
    func limits() {
        #expect(page.contains("| a config file | \(ConfigLimits.fileSize >> 20) MiB |"))
        #expect(page.contains("| mappings and lists inside each other | \(ConfigLimits.depth) |"))
        #expect(page.contains("| values, mappings and lists of one file | \(ConfigLimits.nodes / 1000),000 |"))
        #expect(
            page.contains("| values of one file, with the paths to them | \(ConfigLimits.expandedSize >> 20) MiB |"))
        #expect(page.contains("| a key | 1,024 bytes |") && ConfigLimits.keySize == 1024)
        #expect(page.contains("| a rendered file | \(SecretBytes.maximumCount >> 20) MiB |"))
        #expect(page.contains("| files and folders below a source | \(ConfigLimits.treeEntries / 1000),000 |"))
        #expect(page.contains("| folders inside each other | \(ConfigLimits.treeDepth) |"))
    }

    /// As `describeError`, with the hint in brackets.
    private func describe(_ body: () throws(SecretaryError) -> String) -> String {
        do {
            return try body()
        } catch {
            return error.hint.map { "\(error.message) (\($0))" } ?? error.message
        }
    }
}

extension StringProtocol {
    /// Without white space at the end.
    fileprivate var trimmingSuffix: String {
        String(reversed().drop(while: \.isWhitespace).reversed())
    }
}
