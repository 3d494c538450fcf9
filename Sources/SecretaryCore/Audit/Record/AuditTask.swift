/// Who asked a daemon for a secret.
///
/// What a client says of itself is proved only where the record's event is `open`, or its rule is that of an authorizer.
public struct AuditTask: Sendable {
    public var app: String
    public var version: String
    public var id: String

    public init(app: String, version: String, id: String) {
        self.app = app
        self.version = version
        self.id = id
    }
}
