public import SecretaryCore
internal import Synchronization
public import SystemPackage

/// The files of a config repository, as a mount shows them.
public final class RepositorySource: MountSource {
    private let selection: MountSelection
    private let decryptor: any Decryptor
    private let cache: ConfigFileCache
    /// Whether the source was a folder when it was first read.
    private let wasFolder: Mutex<Bool?>
    /// What was planned last.
    private let plan = Mutex<Plan?>(nil)

    /// The files of a mount, and what they follow from.
    private struct Plan {
        struct Basis: Equatable {
            let root: FilePath
            let settings: Settings
            let files: [FilePath]
            /// That of the cache when the files were read.
            let revision: Int
        }

        let basis: Basis
        let files: PlannedFiles
        let warnings: [String]
    }

    /// - Parameter decryptor: opens the envelopes when somebody reads them.
    public convenience init(_ selection: MountSelection, decryptor: any Decryptor) {
        let cache = ConfigFileCache(keepsPlainText: selection.includesPlain)
        self.init(selection, decryptor, cache, wasFolder: nil)
    }

    private init(
        _ selection: MountSelection, _ decryptor: any Decryptor, _ cache: ConfigFileCache, wasFolder: Bool?
    ) {
        self.selection = selection
        self.decryptor = decryptor
        self.cache = cache
        self.wasFolder = Mutex(wasFolder)
    }

    /// This source, with what is known of its files from the one before, which had other keys.
    func continuing(_ former: RepositorySource) -> RepositorySource {
        RepositorySource(selection, decryptor, former.cache, wasFolder: former.wasFolder.withLock { $0 })
    }

    var description: String {
        MountSelection.describe(selection.place, view: selection.view, select: selection.select)
    }

    public func load(unsettled: Set<FilePath>) throws(SecretaryError) -> LoadedSource {
        let repository = try ConfigRepository.discover(from: selection.place)
        let view = try selection.view.map { (name) throws(SecretaryError) in try repository.settings.view(named: name) }
        let place = view.map { repository.root.pushing($0.source) } ?? selection.place
        let found = try SourceFiles(at: place, in: repository)
        if let view { try requireInside(repository.root, found, of: view) }
        if found.isFolder { try requireWholeFolder(view) }
        try requireSameShape(found)
        var files: [(source: SourceFiles.File, file: ConfigFile)] = []
        var warnings = found.skipped.map(\.warning)
        for source in found.files {
            do throws(SecretaryError) {
                let file = try read(source, in: found.folder, isUnsettled: unsettled.contains(source.path))
                if let file { files.append((source, file)) }
            } catch {
                guard found.isFolder, isNoConfiguration(source, in: found.folder, error) else { throw error }
                warnings.append("\(error.message); it holds no envelope and is left out")
            }
        }
        cache.keep(only: Set(found.files.map(\.path)))
        let templates = templates(of: view, in: repository)
        let plan = try plan(files, view, repository, isAlwaysNew: !templates.isEmpty)
        var places = found.places
        places.files.formUnion(templates)
        return LoadedSource(
            files: plan.files, places: places,
            auxiliaries: Set(templates + [repository.root.appending(Settings.fileName)]),
            isRestless: cache.takeRestlessness(), warnings: warnings + plan.warnings)
    }

    public func confirm() {
        cache.confirm()
    }

    /// - Parameter isAlwaysNew: whether something else was read that may have changed.
    /// - Returns: the plan before this one when it follows from the same.
    private func plan(
        _ files: [(source: SourceFiles.File, file: ConfigFile)], _ view: View?, _ repository: ConfigRepository,
        isAlwaysNew: Bool
    ) throws(SecretaryError) -> Plan {
        let basis = Plan.Basis(
            root: repository.root, settings: repository.settings, files: files.map(\.source.path),
            revision: cache.revision)
        if !isAlwaysNew, let former = plan.withLock({ $0 }), former.basis == basis { return former }
        var made = FilePlan(selection: selection, view: view, repository: repository, decryptor: decryptor)
        for (source, file) in files { try made.add(file, at: source) }
        decryptor.expect(made.expected)
        let plan = Plan(basis: basis, files: PlannedFiles(made.files), warnings: made.warnings)
        self.plan.withLock { $0 = plan }
        return plan
    }

    /// A file that could be read before is broken when it is something else now, and a source that was a file when it is a
    /// folder: nobody removes secrets that way.
    private func requireSameShape(_ found: SourceFiles) throws(SecretaryError) {
        if let broken = found.skipped.first(where: { cache.knows($0.path) }) {
            throw SecretaryError(.noInput, broken.warning, hint: "put the file back, or delete it")
        }
        let wasFolder = self.wasFolder.withLock { known in
            defer { known = known ?? found.isFolder }
            return known ?? found.isFolder
        }
        guard wasFolder != found.isFolder else { return }
        let (kind, former) = found.isFolder ? ("folder", "file") : ("file", "folder")
        throw SecretaryError(.noInput, "the source \(selection.place) is a \(kind) now, and was a \(former)")
    }

    /// A view is the repository's own word: by a link in it, it would show any file of the host that this process may read.
    private func requireInside(_ root: FilePath, _ found: SourceFiles, of view: View) throws(SecretaryError) {
        guard !found.folder.starts(with: root) else { return }
        throw SecretaryError(
            .noInput, "views.\(view.name).source: \(view.source) is a link that leads out of the repository \(root)",
            hint: "put the files into the repository")
    }

    /// A path inside a file, and a file composed of another's values, need to know which file.
    private func requireWholeFolder(_ view: View?) throws(SecretaryError) {
        guard selection.select != nil || view.map({ !$0.select.parts.isEmpty || !$0.render.isEmpty }) ?? false else {
            return
        }
        throw SecretaryError(
            .configuration, "\(description): select and render are for a single file, and the source is a folder",
            hint: "name a file of it")
    }

    /// The files of templates: a change there changes a composed file.
    private func templates(of view: View?, in repository: ConfigRepository) -> [FilePath] {
        (view?.render ?? []).compactMap { rule in
            guard case .file(let path) = rule.template else { return nil }
            return repository.root.pushing(path)
        }
    }

    private func read(
        _ source: SourceFiles.File, in folder: FilePath, isUnsettled: Bool
    ) throws(SecretaryError) -> ConfigFile? {
        // The layout `files` takes each file as one text, whatever it holds.
        let format: ConfigFile.Format? = selection.layout == .files ? .text : nil
        return try cache.file(source.name, in: folder, format: format, isUnsettled: isUnsettled)
    }

    /// A folder may hold files that only look like configuration, as JSON with comments does.
    ///
    /// A file that could be read before is broken, whatever it holds now.
    private func isNoConfiguration(_ source: SourceFiles.File, in folder: FilePath, _ error: SecretaryError) -> Bool {
        guard error.code == .malformed, !cache.knows(source.path) else { return false }
        guard let bytes = try? ConfigFile.readBytes(source.name, in: folder) else { return false }
        return !Value(scanning: bytes).hasEnvelopes
    }

    /// Makes sure that a mount could show anything at all.
    /// - Parameter canOpen: whether there is a key for an envelope.
    /// - Throws: `.wrongKey` when there are envelopes and no key fits any; whatever reading the source throws.
    public func requireFittingKey(canOpen: (Envelope) -> Bool) throws(SecretaryError) {
        try requireFittingKey(for: load(unsettled: []).files.all, canOpen: canOpen)
    }

    /// The same for files that have been read.
    func requireFittingKey(
        for files: [PlannedFile], canOpen: (Envelope) -> Bool
    ) throws(SecretaryError) {
        let envelopes = files.flatMap { file -> [Envelope] in
            if case .secret(let secret) = file.body { secret.envelopes } else { [] }
        }
        guard let first = envelopes.first, !envelopes.contains(where: canOpen) else { return }
        let needed =
            if case .hpke(let envelope) = first {
                "; the first needs master key \(envelope.recipient) and config key \(envelope.sender)"
            } else {
                ""
            }
        throw SecretaryError(
            .wrongKey, "no key at hand opens any of the \(envelopes.count) envelopes of \(description)\(needed)",
            hint: "give the right keys with --private-key and --config-key, or in .secretary.yaml")
    }
}
