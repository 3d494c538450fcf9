/// The gob encoding of `struct kmsPayload { EncryptedDataKey []byte; Nonce *[24]byte; Message []byte }`, which is what the
/// original puts into a `KMS` envelope; with a scope there is a fourth field, `Scope string`.
///
/// A gob is a sequence of messages, each with its length before it. The first ones define types: the struct with the names
/// and types of its fields, and the array of 24 bytes; the last is the value. Go numbers types in the order in which a
/// program first uses them, so that a reader has to follow the definitions rather than to compare bytes.
enum KMSGob {
    struct Fields: Hashable {
        var encryptedDataKey: [UInt8] = []
        var nonce: [UInt8] = []
        var message: [UInt8] = []
        /// Empty for none.
        var scope: [UInt8] = []
    }

    /// The types that gob knows without a definition.
    private enum TypeID {
        static let uint: Int64 = 3
        static let bytes: Int64 = 5
        static let string: Int64 = 6
        /// What Go gives to the first type that a program uses.
        static let first: Int64 = 65
    }

    private static let structName = "kmsPayload"
    private static let arrayName = "[24]uint8"
    private enum FieldName {
        static let encryptedDataKey = "EncryptedDataKey"
        static let nonce = "Nonce"
        static let message = "Message"
        static let scope = "Scope"
    }

    /// What a definition says, as far as it can matter here.
    private enum Definition {
        case structure([(name: String, type: Int64)])
        case nonceArray
    }

    // MARK: - Reading

    /// - Throws: `.malformed` for anything but one value of this struct, after the definitions of its types.
    static func decode(_ payload: [UInt8]) throws(SecretaryError) -> Fields {
        var messages = GobReader(payload[...])
        var definitions: [Int64: Definition] = [:]
        while true {
            var message = GobReader(try messages.bytes())
            let type = try message.int()
            if type < 0 {
                guard type > .min, definitions[-type] == nil else { throw GobReader.unexpected("a type number") }
                definitions[-type] = try definition(of: -type, &message)
            } else {
                guard case .structure(let fields)? = definitions[type] else { throw GobReader.unexpected("a type") }
                let value = try value(fields, definitions, &message)
                guard message.isAtEnd, messages.isAtEnd else { throw GobReader.unexpected("something at its end") }
                return value
            }
            guard message.isAtEnd else { throw GobReader.unexpected("something after a type") }
        }
    }

    /// Go's `wireType`: field 0 is an array, field 2 a struct.
    private static func definition(of type: Int64, _ reader: inout GobReader) throws(SecretaryError) -> Definition {
        var definition: Definition?
        try reader.fields { (reader, index) throws(SecretaryError) in
            guard definition == nil else { throw GobReader.unexpected("a type") }
            switch index {
            case 0: definition = try array(type, &reader)
            case 2: definition = try structure(type, &reader)
            default: throw GobReader.unexpected("a type")
            }
        }
        guard let definition else { throw GobReader.unexpected("an empty type") }
        return definition
    }

    private static func structure(_ type: Int64, _ reader: inout GobReader) throws(SecretaryError) -> Definition {
        var fields: [(String, Int64)] = []
        try reader.fields { (reader, index) throws(SecretaryError) in
            switch index {
            case 0: try requireName(structName, type, &reader)
            case 1:
                for _ in 0..<(try reader.count()) { fields.append(try nameAndNumber(&reader)) }
            default: throw GobReader.unexpected("a field of a struct")
            }
        }
        return .structure(fields)
    }

    private static func array(_ type: Int64, _ reader: inout GobReader) throws(SecretaryError) -> Definition {
        var element: Int64 = 0
        var count: Int64 = 0
        try reader.fields { (reader, index) throws(SecretaryError) in
            switch index {
            case 0: try requireName(arrayName, type, &reader)
            case 1: element = try reader.int()
            case 2: count = try reader.int()
            default: throw GobReader.unexpected("a field of an array")
            }
        }
        guard element == TypeID.uint, count == KMSEnvelope.nonceCount else { throw GobReader.unexpected("an array") }
        return .nonceArray
    }

    private static func requireName(_ name: String, _ type: Int64, _ reader: inout GobReader) throws(SecretaryError) {
        guard try nameAndNumber(&reader) == (name, type) else { throw GobReader.unexpected("a type name") }
    }

    /// A struct of a string and a number, which gob uses both for types and for fields.
    private static func nameAndNumber(_ reader: inout GobReader) throws(SecretaryError) -> (String, Int64) {
        var name = ""
        var number: Int64 = 0
        try reader.fields { (reader, index) throws(SecretaryError) in
            switch index {
            case 0: name = String(decoding: try reader.bytes(), as: UTF8.self)
            case 1: number = try reader.int()
            default: throw GobReader.unexpected("a field of a name")
            }
        }
        return (name, number)
    }

    private static func value(
        _ fields: [(name: String, type: Int64)], _ definitions: [Int64: Definition], _ reader: inout GobReader
    ) throws(SecretaryError) -> Fields {
        var value = Fields()
        try reader.fields { (reader, index) throws(SecretaryError) in
            guard index < fields.count else { throw GobReader.unexpected("a field") }
            switch (fields[index].name, fields[index].type) {
            case (FieldName.encryptedDataKey, TypeID.bytes): value.encryptedDataKey = Array(try reader.bytes())
            case (FieldName.message, TypeID.bytes): value.message = Array(try reader.bytes())
            case (FieldName.scope, TypeID.string): value.scope = Array(try reader.bytes())
            case (FieldName.nonce, let type):
                guard case .nonceArray? = definitions[type] else { throw GobReader.unexpected("a nonce") }
                value.nonce = try nonce(&reader)
            default: throw GobReader.unexpected("a field")
            }
        }
        guard !value.encryptedDataKey.isEmpty, !value.nonce.isEmpty else {
            throw SecretaryError(.malformed, "the gob has no data key or no nonce")
        }
        return value
    }

    /// Bytes of an array are numbers to gob: those of 128 and more take two bytes.
    private static func nonce(_ reader: inout GobReader) throws(SecretaryError) -> [UInt8] {
        guard try reader.count() == KMSEnvelope.nonceCount else { throw GobReader.unexpected("a nonce") }
        var nonce: [UInt8] = []
        for _ in 0..<KMSEnvelope.nonceCount {
            guard let byte = UInt8(exactly: try reader.uint()) else { throw GobReader.unexpected("a nonce") }
            nonce.append(byte)
        }
        return nonce
    }

    // MARK: - Writing

    /// Without a scope, exactly the bytes that the original writes.
    static func encode(_ fields: Fields) -> [UInt8] {
        let (structType, arrayType) = (TypeID.first, TypeID.first + 1)
        var gob = GobWriter()
        gob.bytes(
            message(-structType) {
                $0.uint(3)  // wireType field 2: a struct
                $0.uint(1)
                nameAndNumber(structName, structType, &$0)
                $0.uint(1)
                $0.uint(fields.scope.isEmpty ? 3 : 4)
                nameAndNumber(FieldName.encryptedDataKey, TypeID.bytes, &$0)
                nameAndNumber(FieldName.nonce, arrayType, &$0)
                nameAndNumber(FieldName.message, TypeID.bytes, &$0)
                if !fields.scope.isEmpty { nameAndNumber(FieldName.scope, TypeID.string, &$0) }
                $0.uint(0)
            })
        gob.bytes(
            message(-arrayType) {
                $0.uint(1)  // wireType field 0: an array
                $0.uint(1)
                nameAndNumber(arrayName, arrayType, &$0)
                $0.uint(1)
                $0.int(TypeID.uint)
                $0.uint(1)
                $0.int(Int64(KMSEnvelope.nonceCount))
                $0.uint(0)
            })
        gob.bytes(
            message(structType) {
                $0.uint(1)
                $0.bytes(fields.encryptedDataKey)
                $0.uint(1)
                $0.uint(UInt64(fields.nonce.count))
                for byte in fields.nonce { $0.uint(UInt64(byte)) }
                $0.uint(1)
                $0.bytes(fields.message)
                guard !fields.scope.isEmpty else { return }
                $0.uint(1)
                $0.bytes(fields.scope)
            })
        return gob.bytes
    }

    /// A type number, the fields of a struct, and the 0 that ends them.
    private static func message(_ type: Int64, _ fields: (inout GobWriter) -> Void) -> [UInt8] {
        var message = GobWriter()
        message.int(type)
        fields(&message)
        message.uint(0)
        return message.bytes
    }

    private static func nameAndNumber(_ name: String, _ number: Int64, _ writer: inout GobWriter) {
        writer.uint(1)
        writer.bytes(name.utf8)
        writer.uint(1)
        writer.int(number)
        writer.uint(0)
    }
}
