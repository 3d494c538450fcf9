import Glibc
import SecretaryRemote
import SecretaryServer
import Synchronization
import SystemPackage
import TestSupport

/// Three daemons, with the same keys and rules, behind a HAProxy.
final class DaemonFleet: Sendable {
    static let haproxy: String? = {
        let places: [String] = ["/usr/sbin/haproxy", "/usr/bin/haproxy", "/usr/local/sbin/haproxy"]
        return places.first { unsafe access($0, X_OK) == 0 }
    }()

    let setup: DaemonSetup
    /// Where the balancer listens.
    let port: Int
    private let ports: [Int]
    private let pids = Mutex<[Int: Int32]>([:])
    private let running = Mutex<[Int: Task<Void, any Error>]>([:])
    private let http = HTTPClient()

    init(_ setup: DaemonSetup) throws {
        self.setup = setup
        let free = DaemonFleet.freePorts(4)
        port = free[0]
        ports = Array(free[1...])
    }

    /// The pid of daemon `index`.
    func pid(_ index: Int) -> Int32? { pids.withLock { $0[index] } }

    func signal(_ index: Int, _ signal: Int32) throws {
        guard let pid = pid(index), kill(pid, signal) == 0 else {
            throw CommandFailure(description: "no daemon \(index)")
        }
    }

    /// Starts daemon `index`, and waits until it is ready.
    func start(_ index: Int) async throws {
        pids.withLock { $0[index] = nil }
        try setup.configure(audit: "{file: audit-\(index).log}")
        try setup.scratch.write("daemon-\(index).yml", try setup.scratch.read("secretaryd.yml"))
        let log = try setup.scratch.write("daemon-\(index).log", "")
        let errors = try FileDescriptor.open(log, .writeOnly, options: [.append, .closeOnExec])
        let configuration = setup.scratch["daemon-\(index).yml"].string
        run(
            index, Programs.folder.appending("secretaryd").string,
            ["--config", configuration, "--port", "\(ports[index])"], errors)
        try await eventually("daemon \(index) is ready") {
            self.pid(index) != nil && (try? self.status(self.ports[index], "/readyz")) == 200
        }
    }

    /// Waits until daemon `index` has ended.
    func waitForEnd(of index: Int) async {
        _ = await running.withLock { $0[index] }?.result
    }

    func startBalancer() async throws {
        var text = try String(decoding: Scratch.read(DaemonSetup.programs.appending("haproxy.cfg")), as: UTF8.self)
        for (name, port) in zip(["PORT", "ONE", "TWO", "THREE"], [port] + ports) {
            text = text.replacing(":\(name)\n", with: ":\(port)\n")
        }
        let file = try setup.scratch.write("haproxy.cfg", text)
        let log = try setup.scratch.write("haproxy.log", "")
        let errors = try FileDescriptor.open(log, .writeOnly, options: [.append, .closeOnExec])
        run(-1, DaemonFleet.haproxy ?? "", ["-db", "-f", file.string], errors)
        try await eventually("the balancer is ready") { (try? self.status(self.port, "/readyz")) == 200 }
    }

    /// Kills everything.
    func stop() async {
        for pid in pids.withLock({ Array($0.values) }) { kill(pid, SIGKILL) }
        for task in running.withLock({ Array($0.values) }) { _ = await task.result }
    }

    private func run(_ index: Int, _ program: String, _ arguments: [String], _ errors: FileDescriptor) {
        let folder = setup.scratch.path
        let task = Task { [self] in
            _ = try await Command.whileRunning(
                program, arguments, environment: ["PATH": "/usr/bin:/bin"], directory: folder, error: errors
            ) { pid in pids.withLock { $0[index] = pid } }
        }
        running.withLock { $0[index] = task }
    }

    private func status(_ port: Int, _ path: String) throws -> Int {
        try http.send(HTTPRequest(url: "http://127.0.0.1:\(port)\(path)"), timeout: .seconds(2)).status
    }

    /// Ports that nobody listens on: the balancer has to know them before the daemons do.
    ///
    /// They are below those that Linux gives to outgoing connections (ip_local_port_range), of which one could be in the
    /// way when a daemon comes back.
    private static func freePorts(_ count: Int) -> [Int] {
        var ports: [Int] = []
        for _ in 0..<1000 where ports.count < count {
            let port = Int.random(in: 10_000..<32_000)
            if !ports.contains(port), isFree(port) { ports.append(port) }
        }
        return ports
    }

    private static func isFree(_ port: Int) -> Bool {
        guard let socket = try? ListeningSocket(.network(ip: "127.0.0.1", port: port)) else { return false }
        try? socket.descriptor.close()
        return true
    }
}
