import SystemPackage
import TestSupport
import Testing

@testable import SecretaryCore

@Suite("Any text, given to the readers of config files,")
struct FuzzTests {
    static let sealed = envelope("secret")

    static let yaml: [String] = [
        "a: &x [1, 'two', \"th\\u0072ee\"]\nb: *x\nc: {<<: {d: 1}, e: 2}\n",
        "a: |\n  one\n\n  two\n\nb: >-\n  three\n  four\nc: !!str 5\n",
        "\u{FEFF}ä: ö # ü\r\n- x\r\n", "- - - a\n    - b\n? c\n: d\n", "--- a\n...\n---\nb: 'c\n  d'\n",
        "%TAG !e! tag:x,2000:\n---\n!e!a &b \"c\": !d e\n",
        "x: \(sealed)\ny:\n  \(sealed.prefix(20))\n  \(sealed.dropFirst(20))\n",
        "{a: b, 'c': [d, {e: f}], ? g : h}\n", "😀: 日本語\n? |\n  key\n: value\n", LimitTests.bomb,
    ]
    static let json: [String] = [
        #"{"a": [1, -2.5e-3, true, false, null, "x\u00e9\ud83d\ude00\n"], "b": {"c": {}, "d": []}}"#,
        "\u{FEFF}[\"ä\", {\"😀\": \"\(sealed)\"}]\r\n", #"["\"\\\/\b\f\n\r\t"]"#, "[[[[[[0]]]]]]",
    ]
    static let dotenv: [String] = [
        "# note\nexport A=b c # d\nB = 'e\nf'\nC=\"g\\n\\\"$\\\\h\n\"\nD=\n", "A=\(sealed)\r\nB='\(sealed)'\r\n",
        "\u{FEFF}Ä=ö\n_a.b-c=😀\n",
    ]
    static let properties: [String] = [
        "# note\n! note\na = b\nc:d\\\n   e\nf g\\u00e9\\ud83d\\ude00\nh\n", "a\\=b\\:c=\\t\\n\\\\ x \r\nä=ö\r",
        "k=\(sealed.prefix(30))\\\n  \(sealed.dropFirst(30))\n",
    ]

    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    static func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
        if !condition { throw Broken(description: what()) }
    }

    /// What must hold for every file: an error has a place; what was read can be replaced in place; as JSON it reads back.
    static func check(_ bytes: [UInt8], _ name: String, replacement: String) throws {
        let file: ConfigFile
        do {
            file = try ConfigFile.parse(bytes, path: FilePath(name))
        } catch {
            try require(error.code == .malformed, "code \(error.code)")
            try require(error.message.hasPrefix("\(name):"), "message \(error.message)")
            return
        }
        let leaves = try file.leaves()
        for leaf in leaves {
            let range = leaf.value.location.range
            try require(range.upperBound <= bytes.count, "range \(range)")
            try require(show(try file.root.node(at: leaf.path)) == show(.value(leaf.value)), "path \(leaf.path)")
        }
        try checkReplacement(of: leaves, in: bytes, name, by: replacement)
        try checkJSON(file)
    }

    /// Replacing one value changes that value and nothing else.
    private static func checkReplacement(
        of leaves: [ConfigLeaf], in bytes: [UInt8], _ name: String, by replacement: String
    ) throws {
        // An alias repeats what is replaced, and may even be a key.
        guard !(name.hasSuffix(".yml") && bytes.contains(UInt8(ascii: "*"))) else { return }
        for (index, leaf) in leaves.enumerated().prefix(8) where !leaf.value.location.range.isEmpty {
            let changed = ConfigFile.replacing(leaf.value.location.range, of: bytes, by: replacement)
            guard !isBlockOfItsOwn(leaf.value.location.range, in: bytes) else { continue }
            // What made the file ISO-8859-1 may have been in the value.
            guard (UTF8Check.firstInvalid(in: changed) == nil) == (UTF8Check.firstInvalid(in: bytes) == nil) else {
                continue
            }
            let after: [ConfigLeaf]
            do {
                after = try ConfigFile.parse(changed, path: FilePath(name)).leaves()
            } catch {
                throw Broken(description: "after replacing \(leaf.path) at \(leaf.value.location.range): \(error)")
            }
            try require(after.map(\.path) == leaves.map(\.path), "paths after replacing \(leaf.path)")
            for (place, other) in after.enumerated() {
                let expected = place == index ? "NEW" : show(leaves[place].value.value)
                try require(show(other.value.value) == expected, "\(other.path) after replacing \(leaf.path)")
            }
        }
    }

    /// Whether a range is a `|` or `>` with nothing before it on its line.
    ///
    /// libyaml takes that without indentation too, and would take a text with quotes there for the next key.
    private static func isBlockOfItsOwn(_ range: Range<Int>, in bytes: [UInt8]) -> Bool {
        guard bytes[range.lowerBound] == UInt8(ascii: "|") || bytes[range.lowerBound] == UInt8(ascii: ">") else {
            return false
        }
        let line = bytes[..<range.lowerBound].reversed().prefix { $0 != 0x0A && $0 != 0x0D }
        return line.allSatisfy { $0 == 0x20 || $0 == 0x09 }
    }

    /// The tree, written as JSON and read again, is the same.
    private static func checkJSON(_ file: ConfigFile) throws {
        let rule = RenderRule(
            path: "out", format: .json, select: ConfigPath(), match: nil, template: nil, access: FileAccess())
        let rendering: Rendering
        do {
            rendering = try Rendering(rule, of: file.root, root: "/")
        } catch {
            // A bomb below the limit of values can be beyond that of bytes; a broken envelope is none.
            return try require(error.message.contains("would need more"), "as JSON: \(error)")
        }
        guard rendering.values.allSatisfy({ !$0.value.value.isMalformed }) else { return }
        let opener = SecretOpener(decryptor: StandInDecryptor(), identity: Identity())
        let text: [UInt8]
        do {
            let composed = try rendering.compose(with: opener)
            text = unsafe composed.withUnsafeBytes { unsafe Array($0) }
        } catch {
            return try require(error.message.contains("not UTF-8"), "composing JSON: \(error)")
        }
        let again = try ConfigFile.parse(text, path: "a.json")
        let expected = try file.leaves().map { "\($0.path) \(plain($0.value, opener))" }
        try require(again.leaves().map { "\($0.path) \(plain($0.value, opener))" } == expected, "another tree as JSON")
    }

    private static func plain(_ value: ConfigValue, _ opener: SecretOpener) -> String {
        switch value.kind {
        case .null: return "null"
        case .boolean: return show(value.value).lowercased()
        case .number: return show(value.value)
        case .text: break
        }
        guard let bytes = try? opener.open(value.value, name: nil) else { return "unreadable" }
        return unsafe bytes.withUnsafeBytes { unsafe "\"\(String(decoding: $0, as: UTF8.self))\"" }
    }

    @Test("as YAML gives a tree with exact places or an error with a place")
    func yaml() throws {
        try Fuzz.run(seeds: FuzzTests.yaml.map { Array($0.utf8) }) { bytes in
            try FuzzTests.check(bytes, "a.yml", replacement: "\"NEW\"")
        }
    }

    @Test("as JSON gives a tree with exact places or an error with a place")
    func json() throws {
        try Fuzz.run(seeds: FuzzTests.json.map { Array($0.utf8) }) { bytes in
            try FuzzTests.check(bytes, "a.json", replacement: "\"NEW\"")
        }
    }

    @Test("as dotenv gives a tree with exact places or an error with a place")
    func dotenv() throws {
        try Fuzz.run(seeds: FuzzTests.dotenv.map { Array($0.utf8) }) { bytes in
            try FuzzTests.check(bytes, "a.env", replacement: "\"NEW\"")
        }
    }

    @Test("as Java properties gives a tree with exact places or an error with a place")
    func properties() throws {
        try Fuzz.run(seeds: FuzzTests.properties.map { Array($0.utf8) }) { bytes in
            try FuzzTests.check(bytes, "a.properties", replacement: "NEW")
        }
    }

    @Test("as settings gives paths that stay inside, or an error with a place")
    func settings() throws {
        let seeds = [
            SettingsTests.full, "views: {w: {source: a, files: [{match: x, path: b/c}]}}", "keys: {master: a/./b}",
        ]
        try Fuzz.run(seeds: seeds.map { Array($0.utf8) }) { bytes in
            let settings: Settings
            do throws(SecretaryError) {
                settings = try Settings.parse(bytes)
            } catch {
                try FuzzTests.require(error.code == .configuration, "code \(error.code)")
                return try FuzzTests.require(error.message.hasPrefix(".secretary.yaml:"), error.message)
            }
            var paths = Array(settings.keys.values) + settings.environments.flatMap(\.keys.values)
            for view in settings.views {
                paths += [view.source] + view.files.compactMap(\.path) + view.render.map(\.path)
                paths += view.render.compactMap { if case .file(let path) = $0.template { path } else { nil } }
            }
            for path in paths {
                try FuzzTests.require(
                    path.isRelative && !path.isEmpty && path.components.allSatisfy { $0.kind == .regular },
                    "path \(path)")
            }
        }
    }

    @Test("as a template is what its pieces say when they are written again")
    func template() throws {
        let seeds = ["a {{ b.c }} d\n{{{{ e }} {{f\\.g}}", "{{a}}{{b}}{{{{{{c}}", "{ {{ \t a }}\n}} {"]
        try Fuzz.run(seeds: seeds.map { Array($0.utf8) }) { bytes in
            let template: Template
            do throws(SecretaryError) {
                template = try Template(parsing: bytes)
            } catch {
                return try FuzzTests.require(error.message.hasPrefix("line "), error.message)
            }
            let written = template.pieces.flatMap { piece in
                switch piece {
                case .literal(let text): text.replacing("{{".utf8, with: "{{{{".utf8)
                case .value(let path, _): Array("{{ \(path) }}".utf8)
                }
            }
            try FuzzTests.require(try Template(parsing: written) == template, "written again: \(written)")
        }
    }

    @Test("is UTF-8 exactly when the standard library says so")
    func encoding() throws {
        let seeds = ["aé€😀\u{10FFFF}\u{D7FF}\u{E000}", "\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}"].map { Array($0.utf8) }
        try Fuzz.run(
            seeds: seeds + [[0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC0, 0x80], [0xE0, 0x80, 0x80]]
        ) { bytes in
            let offset = UTF8Check.firstInvalid(in: bytes)
            try FuzzTests.require((offset == nil) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
            guard let offset else { return }
            try FuzzTests.require(String(validating: bytes[..<offset], as: UTF8.self) != nil, "\(bytes) at \(offset)")
        }
    }
}
