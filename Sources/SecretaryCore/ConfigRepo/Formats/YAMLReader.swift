/// Reads YAML 1.1 as libyaml understands it, with the values of YAML 1.2's core schema, into a tree of values.
///
/// Tags are ignored but for `!!str`. Aliases share the anchor's tree, so that they cost no memory, and are counted as
/// if they were written out, so that they cannot be used to make a tree of billions of values.
struct YAMLReader: ~Copyable {
    private struct Anchor {
        let node: ConfigNode
        let nodes: Int
        /// Bytes of the texts in it, and of the paths from it on.
        let bytes: Int
        /// The text of a single value, which an alias may repeat as a key.
        let key: String?
    }

    private let text: SourceText
    private var events: YAMLEvents
    private var cursor: SourceCursor
    private var budget = NodeBudget()
    private var anchors: [String: Anchor] = [:]
    private var openAnchors: Set<String> = []

    static func read(_ text: SourceText) throws(SecretaryError) -> ConfigNode {
        if let error = text.encodingError() { throw error }
        try YAMLDirectives.check(text)
        return try unsafe text.bytes.withUnsafeBufferPointer { bytes throws(SecretaryError) in
            var reader = try unsafe YAMLReader(
                text, events: YAMLEvents(UnsafeBufferPointer(rebasing: bytes[text.start...])))
            return try reader.stream()
        }
    }

    private init(_ text: SourceText, events: consuming YAMLEvents) {
        self.text = text
        self.events = events
        cursor = SourceCursor(text)
    }

    /// One document is the tree itself; of several, each is found by its number, from 0.
    ///
    /// Documents without any content (a `---` at the end) do not count.
    private mutating func stream() throws(SecretaryError) -> ConfigNode {
        var documents: [ConfigNode] = []
        while true {
            switch try next() {
            case .streamStart, .documentEnd: continue
            case .documentStart:
                anchors = [:]
                let event = try next()
                if case .scalar(let scalar) = event, scalar.isNothing { continue }
                // Several documents are found by their numbers, one by none: the shorter path is counted.
                documents.append(try node(event, at: NodeBudget.Place()))
            default: return documents.count > 1 ? .sequence(documents) : documents.first ?? .mapping([])
            }
        }
    }

    private mutating func node(_ event: YAMLEvent, at place: NodeBudget.Place) throws(SecretaryError) -> ConfigNode {
        switch event {
        case .scalar(let scalar):
            let location = locate(scalar)
            try budget.spend(bytes: scalar.bytes.count, at: place, location, in: text)
            let node = ConfigNode.value(
                ConfigValue(value: Value(scanning: scalar.bytes), location: location, kind: scalar.kind))
            remember(scalar, node)
            return node
        case .alias(let name, let character):
            let anchor = try self.anchor(name, at: character)
            try budget.spend(nodes: anchor.nodes, bytes: anchor.bytes, at: place, locate(character), in: text)
            return anchor.node
        case .sequenceStart(let anchor, let character):
            return try collection(anchor, at: place, character) { reader throws(SecretaryError) in
                try reader.sequence(at: place)
            }
        case .mappingStart(let anchor, let character):
            return try collection(anchor, at: place, character) { reader throws(SecretaryError) in
                try reader.mapping(at: place)
            }
        default:
            throw text.malformed("a value is missing", at: cursor.location(to: cursor.byte))
        }
    }

    private mutating func collection(
        _ anchor: String?, at place: NodeBudget.Place, _ character: Int,
        content: (inout YAMLReader) throws(SecretaryError) -> ConfigNode
    ) throws(SecretaryError) -> ConfigNode {
        let location = locate(character)
        try NodeBudget.checkDepth(of: place, at: location, in: text)
        let before = budget
        try budget.spend(at: place, location, in: text)
        guard let anchor else { return try content(&self) }
        anchors[anchor] = nil
        openAnchors.insert(anchor)
        let node = try content(&self)
        openAnchors.remove(anchor)
        let nodes = budget.nodes - before.nodes
        let bytes = budget.bytes - before.bytes - nodes * place.pathBytes
        anchors[anchor] = Anchor(node: node, nodes: nodes, bytes: bytes, key: nil)
        return node
    }

    private mutating func sequence(at place: NodeBudget.Place) throws(SecretaryError) -> ConfigNode {
        var nodes: [ConfigNode] = []
        while true {
            let event = try next()
            if case .sequenceEnd = event { return .sequence(nodes) }
            nodes.append(try node(event, at: place.below("\(nodes.count)")))
        }
    }

    private mutating func mapping(at place: NodeBudget.Place) throws(SecretaryError) -> ConfigNode {
        var entries: [ConfigNode.Entry] = []
        var register = KeyRegister()
        var merged: [ConfigNode.Entry] = []
        while true {
            let event = try next()
            if case .mappingEnd = event { break }
            let key = try key(event)
            try register.add(key.text, at: key.location, in: text)
            let value = try node(try next(), at: place.below(key.text))
            if key.isMerge {
                merged = try mergeSources(value, at: key.location)
            } else {
                entries.append(ConfigNode.Entry(key: key.text, location: key.location, node: value))
            }
        }
        guard !merged.isEmpty else { return .mapping(entries) }
        // Written keys win over merged ones, earlier sources over later ones.
        var names = Set(entries.map(\.key))
        for entry in merged where names.insert(entry.key).inserted { entries.append(entry) }
        return .mapping(entries)
    }

    /// What `<<` brings in: a mapping, or a list of mappings.
    private func mergeSources(
        _ node: ConfigNode, at location: SourceLocation
    ) throws(SecretaryError) -> [ConfigNode.Entry] {
        switch node {
        case .mapping(let entries): return entries
        case .sequence(let nodes):
            var all: [ConfigNode.Entry] = []
            for case .mapping(let entries) in nodes { all += entries }
            if nodes.allSatisfy(\.isMapping) { return all }
        case .value: break
        }
        throw text.malformed(
            "the merge key << needs a mapping or a list of mappings", at: location,
            hint: "write <<: *anchor, or quote the key (\"<<\") to use it as a name")
    }

    private mutating func key(
        _ event: YAMLEvent
    ) throws(SecretaryError) -> (text: String, location: SourceLocation, isMerge: Bool) {
        switch event {
        case .scalar(let scalar):
            let location = locate(scalar)
            guard !scalar.isNothing else {
                throw text.malformed("a key is missing before the colon", at: location)
            }
            if scalar.anchor != nil {
                remember(scalar, .value(ConfigValue(value: Value(scanning: scalar.bytes), location: location)))
            }
            let isMerge = scalar.style == .plain && scalar.tag == nil && scalar.text == "<<"
            return (scalar.text, location, isMerge)
        case .alias(let name, let place):
            guard let key = try anchor(name, at: place).key else {
                throw text.malformed("the alias *\(name) is used as a key, and is not text", at: locate(place))
            }
            return (key, locate(place), false)
        case .sequenceStart(_, let place), .mappingStart(_, let place):
            throw text.malformed(
                "a key has to be text, not a list or a mapping", at: locate(place),
                hint: "quote a value that begins with { or [")
        default:
            throw text.malformed("a key is missing", at: cursor.location(to: cursor.byte))
        }
    }

    private mutating func remember(_ scalar: YAMLScalar, _ node: ConfigNode) {
        guard let anchor = scalar.anchor else { return }
        anchors[anchor] = Anchor(node: node, nodes: 1, bytes: scalar.bytes.count, key: scalar.text)
    }

    private mutating func anchor(_ name: String, at place: Int) throws(SecretaryError) -> Anchor {
        if let anchor = anchors[name] { return anchor }
        let what =
            openAnchors.contains(name)
            ? "the alias *\(name) stands inside what it repeats" : "the alias *\(name) has no anchor &\(name) before it"
        throw text.malformed(what, at: locate(place))
    }

    // MARK: Places

    private mutating func locate(_ place: Int) -> SourceLocation {
        cursor.move(toCharacter: place, in: text.bytes)
        return cursor.location(to: cursor.byte)
    }

    private mutating func locate(_ scalar: YAMLScalar) -> SourceLocation {
        cursor.move(toCharacter: scalar.places.lowerBound, in: text.bytes)
        var end = cursor
        end.move(toCharacter: scalar.places.upperBound, in: text.bytes)
        let range = scalar.written(in: text.bytes, from: cursor.byte, to: end.byte)
        cursor.move(toByte: range.lowerBound, in: text.bytes)
        let location = cursor.location(to: range.upperBound)
        if range.upperBound >= end.byte { cursor = end }
        return location
    }

    private mutating func next() throws(SecretaryError) -> YAMLEvent {
        do {
            return try events.next()
        } catch {
            throw YAMLComplaint.error(for: error, in: text)
        }
    }
}

extension ConfigNode {
    fileprivate var isMapping: Bool {
        if case .mapping = self { true } else { false }
    }
}
