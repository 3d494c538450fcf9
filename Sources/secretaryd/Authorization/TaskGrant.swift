import SecretaryCore

/// What a task may have, and the keys that prove that somebody is that task.
struct TaskGrant: Sendable {
    let app: AppPath
    let deployKey: PublicKey
    /// Wanted beside the deploy key when there is one.
    let serviceKey: PublicKey?
    /// Who says so: the audit record's rule begins with it.
    let rule: String
    /// The values that the task was given by name.
    let values: GrantedValues
    /// Which scopes open for it.
    var scopes = GrantedScopes.own
    /// What happens to values without a scope.
    var unscoped = UnscopedPolicy.allow

    /// Why a secret may be had, for the audit record.
    struct Permission: Sendable, Hashable {
        let rule: String
        /// Something that was allowed, but that somebody should hear of.
        let warning: Warning?
    }

    /// Decides whether the task may have `envelope`.
    ///
    /// A scope counts wherever the envelope stands: one that was copied from another app's configuration into that of this
    /// one opens for neither. Without a scope only the place says whose it is, which is what `unscoped` is about.
    /// - Parameter name: what the task calls it; without one, what it is called where the task was given it.
    /// - Throws: `.denied`, naming the scope, but no name or value of the task's configuration.
    func check(_ envelope: Envelope, name: String?) throws(SecretaryError) -> Permission {
        let places = values.names(of: envelope)
        guard envelope.scope != nil else {
            guard places != nil else {
                throw SecretaryError(
                    .denied, "the secret is not among the values of \(app)",
                    hint: "a value without a scope has to stand in the configuration of the task")
            }
            let warning = try Identity(app: app, unscoped: unscoped).check(envelope, name: name ?? places?.first)
            return Permission(rule: "\(rule): value", warning: warning)
        }
        if let name {
            return try scopes.check(envelope, app: app, name: name, rule: rule)
        }
        var refusal: SecretaryError?
        for place in places ?? [] {
            do throws(SecretaryError) {
                return try scopes.check(envelope, app: app, name: place, rule: rule)
            } catch {
                refusal = error
            }
        }
        if let refusal { throw refusal }
        return try scopes.check(envelope, app: app, name: nil, rule: rule)
    }
}

/// The values that a task was given by name, each with the names that it stands under.
struct GrantedValues: Sendable {
    private var places: [[UInt8]: [String]] = [:]

    /// Adds the envelopes in a variable's value, or the like.
    mutating func add(_ value: Value, named name: String) {
        for envelope in value.envelopes { add(digest: envelope.digest, named: name) }
    }

    /// Adds an envelope by its digest.
    /// - Parameter name: `nil` when it may have any.
    mutating func add(digest: [UInt8], named name: String?) {
        var names = places.removeValue(forKey: digest) ?? []
        if let name, names.last != name { names.append(name) }
        places[digest] = names
    }

    /// The names that `envelope` stands under; `nil` when it is not there.
    func names(of envelope: Envelope) -> [String]? { places[envelope.digest] }

    /// About how many bytes it takes.
    var size: Int { places.values.reduce(0) { size, names in names.reduce(size + 96) { $0 + $1.utf8.count + 16 } } }
}

/// Which scopes open for a task.
enum GrantedScopes: Sendable {
    /// Those at or above its app path.
    case own
    /// Those that one of the patterns matches, and no others.
    case listed([ScopePattern])

    func check(
        _ envelope: Envelope, app: AppPath, name: String?, rule: String
    ) throws(SecretaryError) -> TaskGrant.Permission {
        guard let scope = envelope.scope else { preconditionFailure("asked only about envelopes with a scope") }
        switch self {
        case .own:
            let warning = try Identity(app: app).check(envelope, name: name)
            return TaskGrant.Permission(rule: "\(rule): scope \(scope.path)", warning: warning)
        case .listed(let patterns):
            guard let pattern = patterns.first(where: { $0.matches(scope) }) else {
                throw SecretaryError(.denied, "the secret is sealed for \(scope), which \(app) is not granted")
            }
            // As itself: only the name is left to be compared.
            let warning = try Identity(app: scope.path).check(envelope, name: name)
            return TaskGrant.Permission(rule: "\(rule): scope \(pattern)", warning: warning)
        }
    }
}

/// A pattern for scopes: `/prod/shop/*`, `/prod/shared#SMTP_*`.
///
/// Without `#` it matches every name below the path.
struct ScopePattern: Sendable, Hashable, CustomStringConvertible {
    let description: String
    private let path: Glob
    private let name: Glob?

    /// - Throws: `.usage` or `.malformed`, saying what is wrong.
    init(parsing text: String) throws(SecretaryError) {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard text.hasPrefix("/") || text.hasPrefix("**") else {
            throw SecretaryError(
                .usage, "the pattern for scopes \"\(text)\" does not begin with /", hint: "write /prod/shop/web")
        }
        path = try Glob(parsing: parts[0])
        name = parts.count > 1 ? try Glob(parsing: parts[1], separator: ".") : nil
        description = text
    }

    func matches(_ scope: Scope) -> Bool {
        guard path.matches(scope.path.description) else { return false }
        guard let name else { return true }
        return scope.name.map(name.matches) ?? false
    }
}
