import SecretaryCore
import SystemPackage

/// Turns the text of a policy file into a `Policy`.
///
/// Every key of every mapping is listed here.
struct PolicyReader {
    let path: FilePath
    /// The file, and the key files that it names, which are part of the policy: how each was just before it was read, so that a
    /// change on the way is seen as one.
    private(set) var stamps: FileStamps

    init(_ path: FilePath) {
        self.path = path
        stamps = FileStamps(of: [path])
    }

    /// - Throws: `.noInput` when the file cannot be read, and `.configuration`, `FILE:LINE:COLUMN: what`.
    mutating func read() throws(SecretaryError) -> Policy {
        let file = try SettingsFile.read(path, keys: ["version", "unscoped", "tasks"])
        _ = try file.required("version", file.number("version", in: 1...1))
        let unscoped: UnscopedPolicy = try file.choice("unscoped") ?? .deny
        var rules: [Policy.Rule] = []
        let sections = try file.sections(
            "tasks",
            keys: ["app", "versions", "ids", "deploy-key", "service-key", "scopes", "values", "unscoped"])
        for section in sections {
            let rule = try rule(section, unscoped)
            if let before = rules.first(where: { $0.covers(rule) }) {
                throw section.error(
                    "\(section.name) is never asked: \(before.name) decides about every task of \(before.app)",
                    at: section.location, hint: "put the rule with versions or ids first")
            }
            rules.append(rule)
        }
        return Policy(rules)
    }

    private mutating func rule(
        _ section: SettingsSection, _ unscoped: UnscopedPolicy
    ) throws(SecretaryError) -> Policy.Rule {
        let scopes = try section.list("scopes") { text throws(SecretaryError) in try ScopePattern(parsing: text) }
        return Policy.Rule(
            name: section.name, app: try section.required("app", section.value("app", Self.app)),
            versions: try globs("versions", section), ids: try globs("ids", section),
            deployKey: try section.required("deploy-key", key("deploy-key", section)),
            serviceKey: try key("service-key", section),
            scopes: section.has("scopes") ? .listed(scopes) : .own, values: try values(section),
            unscoped: try section.choice("unscoped") ?? unscoped)
    }

    private static func app(_ text: String) throws(SecretaryError) -> Glob {
        let glob = try Glob(parsing: text)
        if !glob.hasWildcard {
            _ = try AppPath(parsing: text)
        } else if !text.hasPrefix("/") {
            throw SecretaryError(.usage, "\"\(text)\" does not begin with /", hint: "write /prod/shop/*")
        }
        return glob
    }

    private func globs(_ key: String, _ section: SettingsSection) throws(SecretaryError) -> [Glob]? {
        guard section.has(key) else { return nil }
        return try section.list(key) { text throws(SecretaryError) in try Glob(parsing: text) }
    }

    /// A public key: base64, or a file relative to the folder of the policy.
    private mutating func key(_ name: String, _ section: SettingsSection) throws(SecretaryError) -> PublicKey? {
        guard let (text, _) = try section.text(name) else { return nil }
        if let key = try? PublicKey(text: Array(text.utf8)) { return key }
        let file = path.removingLastComponent().pushing(FilePath(text))
        stamps.add(file)
        return try section.value(name) { _ throws(SecretaryError) in try KeyFiles.readPublicKey(file) }
    }

    /// Envelopes, or their digests in 64 hexadecimal digits, as audit records have them.
    private func values(_ section: SettingsSection) throws(SecretaryError) -> GrantedValues {
        var values = GrantedValues()
        for (name, value) in try section.values("values") {
            let envelopes = value.value.envelopes
            if !envelopes.isEmpty, !value.value.isMalformed {
                for envelope in envelopes { values.add(digest: envelope.digest, named: name) }
            } else if let text = ConfigNode.value(value).literalText, let digest = [UInt8](hexadecimal: text),
                digest.count == BLAKE2b.count
            {
                values.add(digest: digest, named: name)
            } else {
                throw section.error(
                    "values: neither an envelope nor a digest of one", at: value.location,
                    hint: "write ENC[…], or the 64 digits that audit records name a secret by")
            }
        }
        return values
    }
}

extension Policy.Rule {
    /// Whether `other`, which comes later, can never apply.
    fileprivate func covers(_ other: Policy.Rule) -> Bool {
        versions == nil && ids == nil && !other.app.hasWildcard && app.matches(other.app.description)
    }
}
