import SecretaryCore

/// What Docker is answered: JSON, in which an error is the member `Err` that is not empty.
struct VolumeReply: Sendable {
    /// Of HTTP; Docker takes the message from the body whatever it is.
    let status: Int
    let body: String

    static let contentType = "application/vnd.docker.plugins.v1.1+json"

    private init(_ status: Int, _ members: [(String, JSONText)]) {
        self.status = status
        body = JSONText.object(members).line + "\n"
    }

    /// - Parameter members: what is answered besides that there was no error.
    static func success(_ members: [(String, JSONText)] = []) -> VolumeReply {
        VolumeReply(200, members + [("Err", .string(""))])
    }

    /// What the daemon is able to do; these answers have no `Err`.
    static func description(_ members: [(String, JSONText)]) -> VolumeReply {
        VolumeReply(200, members)
    }

    /// What `docker` shows its user behind `VolumeDriver.Create:` or the like.
    static func failure(_ error: SecretaryError, status: Int = 500) -> VolumeReply {
        let text = [error.message, error.hint].compactMap { $0 }.joined(separator: "; ")
        return VolumeReply(status, [("Err", .string(text))])
    }
}
