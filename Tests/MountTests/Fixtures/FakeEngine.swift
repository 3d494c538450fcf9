import Glibc
import SystemPackage
import TestSupport

/// Stands where a Docker Engine would be: gives each request on a Unix socket the same answer, and notes the first line.
struct FakeEngine {
    let socket: FilePath
    private let process: Child
    private let output: FilePath

    /// - Parameters:
    ///   - status: `200 OK`; empty for an engine that never answers.
    ///   - body: of the answer.
    init(_ repo: TestRepo, answering status: String, _ body: String) async throws {
        output = repo.output.appending("engine")
        let socket = repo.place.appending("docker.sock")
        self.socket = socket
        let script = """
            import socketserver, sys, time
            class Engine(socketserver.StreamRequestHandler):
                def handle(self):
                    print(self.rfile.readline().decode().strip(), flush=True)
                    while self.rfile.readline().strip(): pass
                    if not sys.argv[2]: time.sleep(3600)
                    self.wfile.write(f"HTTP/1.0 {sys.argv[2]}\\r\\n\\r\\n{sys.argv[3]}".encode())
            class Server(socketserver.ThreadingUnixStreamServer):
                daemon_threads = True
            with Server(sys.argv[1], Engine) as server:
                print("listening", flush=True)
                server.serve_forever()
            """
        process = try await repo.start("python3", ["-c", script, socket.string, status, body], output: "engine")
        try await eventually("the engine listens") { try requests() != nil }
    }

    /// What it was asked; `nil` while it does not listen.
    func requests() throws -> [Substring]? {
        let lines = String(decoding: try Scratch.read(output), as: UTF8.self).split(separator: "\n")
        return lines.first == "listening" ? Array(lines.dropFirst()) : nil
    }

    func end() async throws {
        try process.signal(SIGTERM)
        _ = try await process.end()
    }
}
