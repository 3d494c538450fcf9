public import SecretaryCore
internal import Synchronization
public import SystemPackage

/// Asks a Docker Engine about containers, over its Unix socket (Engine API, `GET /containers/json`).
///
/// What a container is made of never changes, so each is asked about once. The list is asked for, and not the container
/// itself: the Engine answers that only when it has done starting it, and a container reads its secrets while it starts.
public final class DockerEngine: ContainerEngine {
    private let socket: FilePath
    private let deadline: Duration
    private let state = Mutex(State())

    private struct State {
        var known: [String: ContainerFacts] = [:]
        /// Before this nobody is asked again, as there was no answer.
        var pauseEnd = ContinuousClock.now
        var backoff = DockerEngine.backoff
        var trouble = ""
    }

    private static let capacity = 1024
    private static let backoff = Backoff(first: .seconds(1), longest: .seconds(30))
    /// Bytes of an answer, which is about one container.
    private static let limit = 1 << 20

    /// - Parameter deadline: how long an answer may take.
    public init(socket: FilePath, deadline: Duration = .milliseconds(250)) {
        self.socket = socket
        self.deadline = deadline
    }

    public func facts(of id: String) -> ContainerFacts {
        let known = state.withLock { state in
            state.known[id] ?? (state.pauseEnd > .now ? ContainerFacts(trouble: state.trouble) : nil)
        }
        if let known { return known }
        do throws(SecretaryError) {
            let facts = try ask(id)
            state.withLock { state in
                if state.known.count >= Self.capacity { state.known = [:] }
                // One that the Engine does not know yet, it may know in a moment.
                if facts.trouble == nil { state.known[id] = facts }
                state.backoff = Self.backoff
            }
            return facts
        } catch {
            state.withLock { state in
                state.trouble = error.message
                state.pauseEnd = .now + state.backoff.next()
            }
            return ContainerFacts(trouble: error.message)
        }
    }

    private func ask(_ id: String) throws(SecretaryError) -> ContainerFacts {
        // {"id":["…"]}
        let filter = "%7B%22id%22%3A%5B%22\(id)%22%5D%7D"
        let address = "unix://\(socket):/containers/json?all=1&filters=\(filter)"
        var settings = HTTPSettings()
        settings.isForOneRequest = true
        let answer = try PlainHTTP.send(
            HTTPRequest(url: address, limit: Self.limit), to: HTTPURL(parsing: address), settings, timeout: deadline)
        guard let answer else { throw SecretaryError(.unavailable, "nobody listens at \(socket)") }
        guard answer.status == 200 else {
            throw SecretaryError(.unavailable, "the Engine at \(socket) answers with status \(answer.status)")
        }
        let text = unsafe answer.body.withUnsafeBytes { unsafe Array($0) }
        let containers = try ConfigFile.parse(text, path: socket, format: .json).root
        guard let container = containers.child("0") else {
            return ContainerFacts(trouble: "the Engine does not know it")
        }
        guard let image = container.child("ImageID")?.literalText else {
            throw SecretaryError(.malformed, "the Engine at \(socket) names no image")
        }
        return ContainerFacts(container, image: image)
    }
}

extension ContainerFacts {
    /// - Parameter container: an element of the Engine's list.
    fileprivate init(_ container: ConfigNode, image: String) {
        func label(_ name: String) -> String? { container.child("Labels")?.child(name)?.literalText }
        self.init(
            image: image,
            service: label("com.docker.swarm.service.name") ?? label("com.docker.compose.service"),
            task: label("com.docker.swarm.task.name"))
    }
}
