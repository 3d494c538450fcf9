internal import SystemPackage

/// Reads `readers` in a `.secretary.yaml`: of a view, or of a file of one.
enum ReaderRulesReader {
    /// - Parameter section: what has the key `readers`, or has it not.
    static func read(_ section: SettingsSection) throws(SecretaryError) -> ReaderRules {
        var rules: [ReaderRule] = []
        for rule in try section.sections("readers", keys: ReaderRule.Effect.allCases.map(\.rawValue)) {
            guard rule.keys.count == 1, let effect = ReaderRule.Effect(rawValue: rule.keys[0]) else {
                throw rule.error(
                    "\(rule.name) has to say either allow or deny", at: rule.location,
                    hint: "write one line a rule; the first that applies decides")
            }
            if let last = rules.last, last.appliesToAll {
                throw rule.error(
                    "\(rule.name) is never asked: \(last.name) decides about every reader", at: rule.location,
                    hint: "put the rule for any last")
            }
            rules.append(try self.rule(effect, rule))
        }
        return ReaderRules(rules)
    }

    private static func rule(
        _ effect: ReaderRule.Effect, _ section: SettingsSection
    ) throws(SecretaryError) -> ReaderRule {
        if section.hasText(effect.rawValue) {
            _ = try section.value(effect.rawValue, any)
            return ReaderRule(effect, name: section.name)
        }
        let keys = ["uid", "gid", "exe", "cgroup", "container"]
        guard let reader = try section.section(effect.rawValue, keys: keys), !reader.keys.isEmpty else {
            throw section.error(
                "\(section.name).\(effect.rawValue) says nothing of the reader", at: section.location,
                hint: "write \(effect.rawValue): any for everybody")
        }
        return ReaderRule(
            effect, name: section.name, uid: try reader.value("uid", ViewReader.identifier),
            gid: try reader.value("gid", ViewReader.identifier), executable: try reader.value("exe", absoluteGlob),
            cgroup: try reader.value("cgroup", absoluteGlob),
            container: try reader.value("container") { text throws(SecretaryError) in try Glob(parsing: text) })
    }

    private static func any(_ text: String) throws(SecretaryError) {
        guard text == "any" else {
            throw SecretaryError(
                .configuration, "\"\(text)\" is not a description of readers",
                hint: "write any, or what has to hold of the reader: { uid: 33, exe: /usr/sbin/nginx }")
        }
    }

    /// A pattern that could match no absolute path would be a rule without effect.
    private static func absoluteGlob(_ text: String) throws(SecretaryError) -> Glob {
        guard text.hasPrefix("/") || text.hasPrefix("**") else {
            throw SecretaryError(
                .configuration, "\"\(text)\" does not begin with /", hint: "write the whole path, or begin with **/")
        }
        let glob = try Glob(parsing: text)
        let shortest = FilePath(text).lexicallyNormalized().string
        guard shortest == text else {
            throw SecretaryError(
                .configuration, "\"\(text)\" is not in its shortest form", hint: "write \"\(shortest)\"")
        }
        return glob
    }
}
