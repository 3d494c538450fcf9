internal import CLinux
internal import Glibc
public import SecretaryCore
public import SystemPackage

/// The directory that a mount covers, claimed so that no two servers mount there at once.
///
/// The claim is an `flock` on the directory itself: it needs no file anywhere, ends with the process however that ends,
/// and whoever unmounts can wait for it to end.
@safe public struct Mountpoint: ~Copyable {
    /// Absolute, without symbolic links.
    public let path: String
    /// Holds the claim; whoever else has it holds it, too.
    let claim: FileDescriptor

    /// Claims `path`, after removing what a dead server may have left mounted there.
    /// - Throws: `.mount`, naming the cause and the fix: not there, no directory, not empty, mounted or claimed already.
    public init(claiming path: FilePath) throws(SecretaryError) {
        let path = try Self.resolve(path)
        try Self.removeStaleMounts(at: path)
        if try MountTable().type(at: path) == MountTable.secretFSType {
            throw SecretaryError(
                .mount, "\(path) is a SecretFS mount already", hint: "secretaryctl unmount \(path)")
        }
        let directory: FileDescriptor
        do {
            directory = try FileDescriptor.open(FilePath(path), .readOnly, options: [.directory, .closeOnExec])
        } catch {
            throw Self.cannotUse(path, error)
        }
        do throws(SecretaryError) {
            guard flock(directory.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                throw SecretaryError(
                    .mount, "another secretaryctl is mounting at \(path) at this moment",
                    hint: "wait for it, or stop it, and try again")
            }
            // Only now, with the claim: before, another one could still have mounted here.
            if try MountTable().type(at: path) == MountTable.secretFSType {
                throw SecretaryError(
                    .mount, "\(path) is a SecretFS mount already", hint: "secretaryctl unmount \(path)")
            }
            try Self.requireEmpty(path)
            try Self.requireWritable(path)
        } catch {
            try? directory.close()
            throw error
        }
        self.path = path
        self.claim = directory
    }

    /// A mountpoint that another process has claimed, and left to this one.
    init(path: String, claim: FileDescriptor) {
        self.path = path
        self.claim = claim
    }

    deinit {
        try? claim.close()
    }

    private static func resolve(_ path: FilePath) throws(SecretaryError) -> String {
        do throws(Errno) {
            return try MountPath.resolve(path)
        } catch {
            throw cannotUse(path.string, error)
        }
    }

    private static func cannotUse(_ path: String, _ error: any Error) -> SecretaryError {
        let hint =
            switch error as? Errno {
            case .noSuchFileOrDirectory: "mkdir -p \(path)"
            case .notDirectory: "give a directory"
            case .permissionDenied: "run as a user who may enter it, or choose another directory"
            default: nil as String?
            }
        return SecretaryError(.mount, "cannot use \(path) as a mountpoint: \(error)", hint: hint)
    }

    /// A server that was killed leaves `Transport endpoint is not connected` behind, sometimes several on top of each other.
    private static func removeStaleMounts(at path: String) throws(SecretaryError) {
        for _ in 0..<16 {
            // Not `stat`: the kernel goes on answering that for a dead server, from what it remembers.
            guard unsafe getxattr(path, "user.secretary.alive", nil, 0) < 0, errno == ENOTCONN else { return }
            guard try MountTable().type(at: path) == MountTable.secretFSType else {
                throw SecretaryError(
                    .mount, "\(path) is a mount whose server is gone, and it is not ours",
                    hint: "umount --lazy \(path)")
            }
            try Unmounting.detach(path, lazily: true)
        }
    }

    private static func requireEmpty(_ path: String) throws(SecretaryError) {
        guard let stream = unsafe opendir(path) else { throw cannotUse(path, Errno(rawValue: errno)) }
        defer { unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." {
                throw SecretaryError(
                    .mount, "\(path) is not empty (it holds \(name)): a mount would hide what is in it",
                    hint: "choose an empty directory")
            }
        }
    }

    /// `fusermount3` lets nobody but root mount on a directory that is not theirs to change.
    private static func requireWritable(_ path: String) throws(SecretaryError) {
        guard !MountRequirements.mayMountDirectly, unsafe access(path, W_OK) != 0 else { return }
        throw SecretaryError(
            .mount, "cannot mount at \(path): you may not write there",
            hint: "choose a directory of your own, or run as root")
    }
}
