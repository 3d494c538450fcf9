internal import SecretaryCore
internal import SystemPackage

/// Decides which files a mount has, where they are, who may read them and as whom they are opened.
struct FilePlan {
    let selection: MountSelection
    let view: View?
    let repository: ConfigRepository
    let decryptor: any Decryptor

    private(set) var files: [PlannedFile] = []
    private var malformed: [String] = []
    private var unscoped = 0

    init(selection: MountSelection, view: View?, repository: ConfigRepository, decryptor: any Decryptor) {
        self.selection = selection
        self.view = view
        self.repository = repository
        self.decryptor = decryptor
    }

    /// Adds what one config file gives.
    mutating func add(_ file: ConfigFile, at source: SourceFiles.File) throws(SecretaryError) {
        let relativePath = source.relativePath
        let place = source.place
        let opener = SecretOpener(decryptor: decryptor, identity: try identity(for: relativePath))
        switch selection.layout {
        case .files: try addWhole(file, at: place, called: relativePath, opener)
        case .keys: try addValues(of: file, at: place, called: relativePath, opener)
        }
    }

    /// What somebody outside may be asked to open.
    var expected: Set<ExpectedSecret> {
        var expected: Set<ExpectedSecret> = []
        for file in files {
            if case .secret(let secret) = file.body { expected.formUnion(secret.expected) }
        }
        return expected
    }

    /// What is questionable but no error.
    var warnings: [String] {
        var warnings = malformed.map { "\($0) cannot be read as an envelope" }
        if unscoped > 0 { warnings.append("\(unscoped) envelopes have no scope, and the policy is unscoped: warn") }
        return warnings
    }

    private func identity(for relativePath: String) throws(SecretaryError) -> Identity {
        let app =
            if let app = view?.app ?? selection.app { app } else { try repository.scope(for: relativePath)?.path }
        return Identity(app: app, unscoped: repository.unscoped(for: relativePath))
    }

    // MARK: Layout files

    private mutating func addWhole(
        _ file: ConfigFile, at place: [String], called name: String, _ opener: SecretOpener
    ) throws(SecretaryError) {
        guard case .value(let content) = file.root else { return }
        // A source that is a single file keeps its own name.
        let path = place.isEmpty ? [file.path.lastComponent?.string ?? name] : place
        add(content.value, at: path, access: nil, name: nil, source: name, opener)
    }

    // MARK: Layout keys

    private mutating func addValues(
        of file: ConfigFile, at place: [String], called name: String, _ opener: SecretOpener
    ) throws(SecretaryError) {
        let select = view?.select.description ?? selection.select ?? ""
        for leaf in try file.leaves(at: select) {
            let rule = view?.files.first { $0.matches(leaf.path) }
            // A file that is one value, or a value that is selected by itself, is named by its name.
            let parts = leaf.path.parts.isEmpty ? [leaf.name ?? "value"] : leaf.path.parts
            let isWhole = leaf.path.parts.isEmpty && !place.isEmpty
            let path = rule?.path?.components.map(\.string) ?? (isWhole ? place : place + parts)
            add(
                leaf.value.value, at: path, access: rule?.access, name: leaf.name,
                source: "\(name):\(leaf.value.location)", opener)
        }
        guard let view else { return }
        for rule in view.render {
            let rendering = try Rendering(rule, of: file, at: view.select, root: repository.root)
            let body = SecretFile(
                content: .rendering(rendering), name: nil, readers: readers(rule.access), opener: opener, source: name,
                path: rule.path.description, volume: selection.volume)
            append(
                .secret(body), at: rule.path.components.map(\.string), access: rule.access,
                source: "\(name), view \(view.name), render \(rule.path)")
        }
    }

    private mutating func add(
        _ value: Value, at path: [String], access: FileAccess?, name: String?, source: String,
        _ opener: SecretOpener
    ) {
        guard value.hasEnvelopes else {
            guard selection.includesPlain else { return }
            return append(.text(value.literalBytes), at: path, access: access, source: source)
        }
        if value.isMalformed { malformed.append(source) }
        if opener.identity.unscoped == .warn { unscoped += value.envelopes.count { $0.scope == nil } }
        let secret = SecretFile(
            content: .value(value), name: name, readers: readers(access), opener: opener, source: source,
            path: path.joined(separator: "/"), volume: selection.volume)
        append(.secret(secret), at: path, access: access, source: source)
    }

    private func readers(_ access: FileAccess?) -> ReaderRules {
        let rules = view?.readers ?? ReaderRules()
        guard let own = access?.readers, !own.isEmpty else { return rules }
        return own.followed(by: rules)
    }

    private mutating func append(
        _ body: PlannedFile.Body, at path: [String], access: FileAccess?, source: String
    ) {
        files.append(
            PlannedFile(
                path: path.map { Array($0.utf8) }, body: body, mode: access?.mode?.rawValue ?? selection.mode,
                owner: access?.uid ?? selection.owner, group: access?.gid ?? selection.group, source: source))
    }
}

extension Value {
    /// The text of a value without envelopes.
    fileprivate var literalBytes: [UInt8] {
        pieces.flatMap { if case .literal(let bytes) = $0 { bytes } else { [] as [UInt8] } }
    }
}
