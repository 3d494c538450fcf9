import SecretaryCore
import SystemPackage

/// A file that says which tasks there are, by which keys they prove it, and what they may have.
struct Policy: Sendable {
    /// One entry under `tasks`.
    struct Rule: Sendable {
        /// `tasks[3]`, for reports.
        let name: String
        /// The apps, versions and ids that it is about; `nil` for all.
        let app: Glob
        let versions: [Glob]?
        let ids: [Glob]?
        let deployKey: PublicKey
        let serviceKey: PublicKey?
        let scopes: GrantedScopes
        let values: GrantedValues
        let unscoped: UnscopedPolicy

        func applies(to claim: TaskClaim, app: AppPath) -> Bool {
            self.app.matches(app.description) && versions?.contains { $0.matches(claim.version) } ?? true
                && ids?.contains { $0.matches(claim.id) } ?? true
        }
    }

    /// Those about one app only, and the others; each with its place in the file.
    private var single: [String: [(place: Int, rule: Rule)]] = [:]
    private var patterns: [(place: Int, rule: Rule)] = []
    private(set) var count = 0

    /// - Parameter rules: in the order of the file: the first that applies counts.
    init(_ rules: [Rule]) {
        for (place, rule) in rules.enumerated() {
            if rule.app.hasWildcard {
                patterns.append((place, rule))
            } else {
                single[rule.app.description, default: []].append((place, rule))
            }
        }
        count = rules.count
    }

    func grant(for claim: TaskClaim) throws(SecretaryError) -> TaskGrant {
        let app = try AppPath(parsing: claim.app)
        let exact = single[app.description]?.first { $0.rule.applies(to: claim, app: app) }
        let general = patterns.first { $0.rule.applies(to: claim, app: app) }
        let rule: Rule?
        switch (exact, general) {
        case (let exact?, let general?): rule = exact.place < general.place ? exact.rule : general.rule
        case (let one, let other): rule = one?.rule ?? other?.rule
        }
        guard let rule else {
            throw SecretaryError(.denied, "the policy has no such task", hint: "add it under tasks")
        }
        return TaskGrant(
            app: app, deployKey: rule.deployKey, serviceKey: rule.serviceKey, rule: "policy: \(rule.name)",
            values: rule.values, scopes: rule.scopes, unscoped: rule.unscoped)
    }
}
