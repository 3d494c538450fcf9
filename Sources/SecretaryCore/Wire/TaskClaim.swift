/// What a client says it is; nothing of it is proved until its sealed request opens with the keys of that task.
public struct TaskClaim: Sendable, Hashable {
    /// The app, such as `/prod/shop/web`; the form field `appid`.
    public var app: String
    /// Version of the app's configuration; the form field `appversion`.
    public var version: String
    /// The running task; the form field `taskid`.
    public var id: String

    public init(app: String, version: String, id: String) {
        self.app = app
        self.version = version
        self.id = id
    }
}
