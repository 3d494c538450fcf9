import SecretaryCore

/// What the daemon bears, from everybody together and from each task.
struct LimitSettings: Sendable, Hashable {
    /// Bytes of a request's body.
    var bodySize = 1 << 20
    /// Bytes of all bodies that are being received, beyond what is usual for one.
    var bodiesSize = 256 << 20
    /// Secrets in one request.
    var secrets = WireV2.maximumSecretCount
    /// Connections that are open at the same time.
    var connections = 20_000
    /// Requests that are worked on at the same time.
    var inFlight = 1000
    /// Requests a second; `nil` for any number.
    var rate: Int?
    /// The same of one task, which has proved that it is that task.
    var taskInFlight = 100
    var taskRate: Int?
    /// How long a connection may say nothing, or not finish the head of a request.
    var idle = Duration.seconds(60)
    /// How long the body of a request may take.
    var body = Duration.seconds(10)
    /// How long a client may take to read its answer.
    var answer = Duration.seconds(10)
    /// How far a request's time may be from the daemon's.
    var clock = Duration.seconds(30)
    /// How many nonces are remembered.
    var nonces = 1_000_000

    static let keys = [
        "body-size", "bodies-size", "secrets", "connections", "in-flight", "rate", "task-in-flight", "task-rate",
        "idle", "body", "answer", "clock", "nonces",
    ]

    init() {}

    init(_ section: SettingsSection) throws(SecretaryError) {
        bodySize = try section.number("body-size", in: 1024...(64 << 20)) ?? bodySize
        bodiesSize = try section.number("bodies-size", in: (1 << 20)...(64 << 30)) ?? bodiesSize
        secrets = try section.number("secrets", in: 1...WireV2.maximumSecretCount) ?? secrets
        connections = try section.number("connections", in: 1...1_000_000) ?? connections
        inFlight = try section.number("in-flight", in: 1...1_000_000) ?? inFlight
        rate = try section.number("rate", in: 1...10_000_000)
        taskInFlight = try section.number("task-in-flight", in: 1...1_000_000) ?? taskInFlight
        taskRate = try section.number("task-rate", in: 1...10_000_000)
        idle = try section.duration("idle") ?? idle
        body = try section.duration("body") ?? body
        answer = try section.duration("answer") ?? answer
        clock = try section.duration("clock", in: .seconds(1) ... .seconds(3600)) ?? clock
        nonces = try section.number("nonces", in: 1000...100_000_000) ?? nonces
    }
}
