/// The Go gob encoding of the original's `kmsPayload`; see `Documentation/formats.md` for the bytes.
enum KMSGob {
    struct Fields: Hashable {
        var encryptedDataKey: [UInt8] = []
        var nonce: [UInt8] = []
        var message: [UInt8] = []
    }

    static func decode(_ bytes: [UInt8]) throws(SecretaryError) -> Fields {
        throw SecretaryError(.malformed, "not built yet")
    }

    static func encode(_ fields: Fields) -> [UInt8] {
        []
    }
}
