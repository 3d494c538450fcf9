import Glibc
import SecretaryCore
import SystemPackage
import TestSupport

/// A secret of a test's repo, with what its file has to hold.
struct Sample {
    enum Part {
        case literal(String)
        case sealed([UInt8], Envelope.Kind)
    }

    /// Keys from the outermost mapping down.
    let keys: [String]
    let parts: [Part]

    /// - Parameter path: the keys, with slashes between them.
    init(_ path: String, _ parts: [Part]) {
        keys = path.split(separator: "/").map(String.init)
        self.parts = parts
    }

    init(_ path: String, _ content: [UInt8], _ kind: Envelope.Kind = .hpke) {
        self.init(path, [.sealed(content, kind)])
    }

    init(_ path: String, _ content: String, _ kind: Envelope.Kind = .hpke) {
        self.init(path, Array(content.utf8), kind)
    }

    /// Bytes that are nowhere else.
    static func random(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { bytes, used in
            if let base = bytes.baseAddress { unsafe arc4random_buf(base, count) }
            used = count
        }
    }

    var path: String { keys.joined(separator: "/") }

    var plaintext: [UInt8] {
        parts.flatMap { part in
            switch part {
            case .literal(let text): Array(text.utf8)
            case .sealed(let bytes, _): bytes
            }
        }
    }
}

extension TestRepo {
    /// Writes a YAML file (`.yml`), a JSON file (`.json`) or variables (`.env`) that hold the samples, and what each should
    /// be in the folder of plain files, at `place`; `nil` for nowhere.
    func plant(_ samples: [Sample], in file: String, place: String? = ".") throws {
        var values: [(keys: [String], text: String)] = []
        for sample in samples {
            let text = try sample.parts.map { part in
                switch part {
                case .literal(let text): text
                case .sealed(let bytes, let kind): try seal(bytes, as: kind)
                }
            }.joined()
            values.append((sample.keys, text))
            if let place { try writePlain(place + "/" + sample.path, sample.plaintext) }
        }
        if file.hasSuffix(".env") {
            try write(file, values.map { "\($0.keys.joined())=\"\($0.text)\"\n" }.joined())
        } else {
            // A YAML flow mapping in double quotes is JSON, and the reverse.
            let isJSON = file.hasSuffix(".json")
            try write(file, (isJSON ? Self.json(values[...]) : Self.yaml(values[...], indent: "")) + "\n")
        }
    }

    func writePlain(_ path: String, _ content: [UInt8]) throws {
        let file = plain.pushing(FilePath(path)).lexicallyNormalized()
        try makeFolder(file.removingLastComponent())
        let descriptor = try FileDescriptor.open(
            file, .writeOnly, options: [.create, .truncate, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        try descriptor.closeAfter { _ = try descriptor.writeAll(content) }
        try give(file)
    }

    private static func grouped(
        _ values: ArraySlice<(keys: [String], text: String)>
    ) -> [(key: String, text: String?, below: [(keys: [String], text: String)])] {
        var groups: [(key: String, text: String?, below: [(keys: [String], text: String)])] = []
        for value in values {
            let key = value.keys[0]
            if value.keys.count == 1 {
                groups.append((key, value.text, []))
                continue
            }
            let rest = (Array(value.keys.dropFirst()), value.text)
            if let index = groups.firstIndex(where: { $0.key == key }) {
                groups[index].below.append(rest)
            } else {
                groups.append((key, nil, [rest]))
            }
        }
        return groups
    }

    private static func yaml(_ values: ArraySlice<(keys: [String], text: String)>, indent: String) -> String {
        grouped(values).map { group in
            let key = "\(indent)\"\(group.key)\":"
            return if let text = group.text { "\(key) \"\(text)\"\n" } else {
                "\(key)\n\(yaml(group.below[...], indent: indent + "  "))"
            }
        }.joined()
    }

    private static func json(_ values: ArraySlice<(keys: [String], text: String)>) -> String {
        let members = grouped(values).map { group in
            "\"\(group.key)\": " + (group.text.map { "\"\($0)\"" } ?? json(group.below[...]))
        }
        return "{" + members.joined(separator: ", ") + "}"
    }
}
