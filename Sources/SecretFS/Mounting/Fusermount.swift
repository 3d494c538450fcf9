internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// `fusermount3`, the set-user-id program by which ordinary users mount and unmount (fusermount3(1)).
enum Fusermount {
    private static let name = "fusermount3"

    /// - Throws: `.mount` when it is not installed.
    static func path() throws(SecretaryError) -> String {
        let variable = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
        let folders = variable.split(separator: ":").map(String.init) + ["/usr/bin", "/bin"]
        for folder in folders {
            let candidate = "\(folder)/\(name)"
            if unsafe access(candidate, X_OK) == 0 { return candidate }
        }
        throw SecretaryError(
            .mount, "\(name) is not installed, and only root can mount without it",
            hint: "install the package fuse3 (apt-get install fuse3), or run as root")
    }

    /// Runs it and waits for it; before any request is served or after the last.
    /// - Returns: its exit status, and what it wrote to standard error, in one line.
    /// - Throws: `.mount` when it cannot be run.
    static func run(_ arguments: [String]) throws(SecretaryError) -> (status: Int32, message: String) {
        let path = try path()
        do {
            let (output, input) = try FileDescriptor.pipe()
            defer { try? output.close() }
            let process: pid_t
            do {
                defer { try? input.close() }
                var program = ChildProgram(path, [path] + arguments)
                program.descriptors = [(input, STDERR_FILENO)]
                process = unsafe try program.start()
            }
            let text = try output.readToEnd()
            let message = String(decoding: text, as: UTF8.self).split(separator: "\n").joined(separator: "; ")
            return (ExitStatus(waitingFor: process).code, message)
        } catch {
            throw SecretaryError(.mount, "cannot run \(path): \(error)")
        }
    }
}
