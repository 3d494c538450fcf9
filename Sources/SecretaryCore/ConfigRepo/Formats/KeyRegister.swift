/// The keys of one mapping while it is read: a second one with the same name is an error that names both places.
struct KeyRegister {
    private var seen: [String: SourceLocation] = [:]

    mutating func add(_ key: String, at location: SourceLocation, in text: SourceText) throws(SecretaryError) {
        guard key.utf8.count <= ConfigLimits.keySize else {
            throw text.malformed("a key of more than \(ConfigLimits.keySize) bytes", at: location)
        }
        if let first = seen.updateValue(location, forKey: key) {
            throw text.malformed(
                "the key \"\(key)\" is there twice, first on line \(first.line), column \(first.column)", at: location,
                hint: "rename or delete one of them")
        }
    }
}
