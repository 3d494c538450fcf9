public import SecretaryCore

/// Which daemons there are, who asks them, and how long they may take.
public struct DaemonSettings: Sendable {
    /// Where the daemons are, as `https://host:port` or `unix:///run/x.sock`, in the order in which they are asked.
    public var urls: [String]
    public var claim: TaskClaim
    /// How long one daemon may take for one request; then the next is asked.
    public var patience: Duration = .seconds(5)
    /// No request begins later than this.
    public var timeout: Duration = .seconds(15)
    /// How often all daemons are asked before that is given up.
    public var rounds = 3
    /// How long a daemon that did not answer is asked only after the others.
    public var rest: Duration = .seconds(30)
    public var http = HTTPSettings()

    public init(urls: [String], claim: TaskClaim) {
        self.urls = urls
        self.claim = claim
    }

    /// The URLs in a text that has several, joined by commas.
    public static func urls(in text: String) -> [String] {
        text.split(separator: ",").map { $0.drop { $0 == " " } }.map { url in
            String(url.prefix { $0 != " " })
        }.filter { !$0.isEmpty }
    }
}
