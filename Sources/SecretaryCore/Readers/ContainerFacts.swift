/// What is known of a container beside its id.
public struct ContainerFacts: Sendable, Hashable {
    /// Digest of the image that it was made of: `sha256:…`.
    public var image: String?
    /// The service that it is a part of.
    public var service: String?
    /// The task of a swarm that it is.
    public var task: String?
    /// Why nothing is known; `nil` when whoever runs it has answered.
    public var trouble: String?

    public init(image: String? = nil, service: String? = nil, task: String? = nil, trouble: String? = nil) {
        self.image = image
        self.service = service
        self.task = task
        self.trouble = trouble
    }
}

/// Whoever runs containers, and can say more of them than the kernel.
public protocol ContainerEngine: Sendable {
    /// What is known of a container; asks, and waits for a moment at most.
    /// - Parameter id: 64 hexadecimal digits.
    func facts(of id: String) -> ContainerFacts
}

extension ReaderProcess {
    /// The id under which an engine of the system knows its container; `nil` for none, and for the containers of users.
    public var engineContainer: String? {
        guard let container, container.utf8.count == 64, !container.contains("/") else { return nil }
        return container
    }
}
