internal import SecretaryCore
internal import SystemPackage

/// Secrets by the names under which they are asked for: the path of a file, with dots for slashes, as a credential has a flat name.
struct NamedSecrets {
    private let secrets: [(name: String, secret: SecretFile)]

    init(_ files: [PlannedFile]) {
        secrets = files.compactMap { file in
            guard case .secret(let secret) = file.body else { return nil }
            return (file.path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "."), secret)
        }
    }

    /// - Parameters:
    ///   - name: `nil` where there is only one.
    ///   - place: what errors call where it was looked for.
    /// - Throws: `.noInput` when there is none, `.configuration` when there are several.
    func secret(called name: String?, in place: String) throws(SecretaryError) -> SecretFile {
        let found = secrets.filter { name == nil || $0.name == name }
        guard let first = found.first else {
            throw SecretaryError(
                .noInput, "\(place) has no secret\(name.map { " \($0)" } ?? "")",
                hint: "a secret is called as the file of a mount, with dots for slashes")
        }
        guard found.count == 1 else {
            throw SecretaryError(
                .configuration, "\(place) has \(found.count) secrets\(name.map { " called \($0)" } ?? "")")
        }
        return first.secret
    }
}

extension CredentialService {
    /// The secrets of a view, as the repository says at this moment.
    func secrets(view: String, app: AppPath? = nil) throws(SecretaryError) -> NamedSecrets {
        try secrets(at: repository, view: view, select: nil, app)
    }

    /// The secrets of a file or folder of the repository.
    func secrets(source: FilePath, select: String?, app: AppPath) throws(SecretaryError) -> NamedSecrets {
        try secrets(at: repository.pushing(source), view: nil, select: select, app)
    }

    private func secrets(
        at place: FilePath, view: String?, select: String?, _ app: AppPath?
    ) throws(SecretaryError) -> NamedSecrets {
        let selection = MountSelection(
            place: place, view: view, select: select, layout: .keys, includesPlain: false, app: app, mode: 0o400,
            owner: 0, group: 0)
        return NamedSecrets(try RepositorySource(selection, decryptor: decryptor).load(unsettled: []).files.all)
    }
}
