/// A JSON object that has only strings in it, each name once.
enum FlatJSON {
    static func strings(in json: [UInt8]) throws(SecretaryError) -> [String: String] {
        fatalError("coming")
    }
}
