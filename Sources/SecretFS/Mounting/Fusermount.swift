internal import Glibc
internal import SecretaryCore

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
}
