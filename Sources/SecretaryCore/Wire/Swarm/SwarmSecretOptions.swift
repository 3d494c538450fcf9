package import SystemPackage

/// Which secret of a config repo a secret of the swarm is, as its labels `secretary.NAME` say.
package struct SwarmSecretOptions: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// A config file or a folder of them, below the repository, and the part of the file that counts.
        case source(FilePath, select: String?)
        /// A view of `.secretary.yaml`.
        case view(String)
    }

    package let place: Place
    /// Which of the secrets there: its path, with dots for slashes; `nil` where there is only one.
    package let key: String?

    private enum Option: String, CaseIterable {
        case source, select, view, key
    }

    /// - Throws: `.usage`, naming secret and label, for a label that there is not, or is missing, or cannot be meant.
    package init(_ options: [String: String], of secret: String) throws(SecretaryError) {
        for (name, value) in options.sorted(by: { $0.key < $1.key }) {
            guard Option(rawValue: name) != nil else {
                let all = Option.allCases.map(\.rawValue)
                throw SecretaryError(
                    .usage, "the secret \(secret) has an unknown label secretary.\(name)",
                    hint: Spelling.nearest(to: name, among: all).map { "did you mean secretary.\($0)?" }
                        ?? "the labels are \(all.map { "secretary.\($0)" }.joined(separator: ", "))")
            }
            guard !value.isEmpty else {
                throw SecretaryError(.usage, "the secret \(secret) has an empty label secretary.\(name)")
            }
        }
        let given = { (option: Option) in options[option.rawValue] }
        key = given(.key)
        switch (given(.source), given(.view)) {
        case (let source?, nil):
            do throws(SecretaryError) {
                place = .source(try RelativePath.parse(source), select: given(.select))
            } catch {
                throw SecretaryError(
                    .usage, "the secret \(secret), label secretary.source: \(error.message)", hint: error.hint)
            }
        case (nil, let view?):
            guard given(.select) == nil else {
                throw SecretaryError(
                    .usage, "the secret \(secret): a view says by itself what is selected",
                    hint: "leave the label secretary.select out")
            }
            place = .view(view)
        case (nil, nil), (_?, _?):
            throw SecretaryError(
                .usage, "the secret \(secret) needs one of the labels secretary.source and secretary.view",
                hint: "docker secret create --driver secretary --label secretary.source=FILE …")
        }
    }
}
