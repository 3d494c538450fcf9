import SecretaryCore
import SystemPackage
import TestSupport
import Testing

extension MountTests {
    @Suite("What a mount refuses")
    struct Refused {
        /// The answer to each operation of the probe `refused`, in its order.
        static let answers: KeyValuePairs = [
            "open for writing": "EROFS",
            "open for reading and writing": "EROFS",
            "open and truncate": "EROFS",
            "open to append": "EROFS",
            "create a file": "EROFS",
            "create a file that must be new": "EROFS",
            "create a file that is there": "EEXIST",
            "create a file without a name": "EROFS",
            "mkdir": "EROFS",
            "mkdir of a folder that is there": "EEXIST",
            "mknod": "EROFS",
            "mkfifo": "EROFS",
            "symlink": "EROFS",
            "link": "EROFS",
            "unlink": "EROFS",
            "rmdir": "EROFS",
            "rename": "EROFS",
            "rename of a folder": "EROFS",
            "rename exchanging": "EROFS",
            "chmod": "EROFS",
            "chown": "EROFS",
            "lchown": "EROFS",
            "truncate": "EROFS",
            "utimes": "EROFS",
            "utimensat to now": "EROFS",
            "setxattr": "EROFS",
            "setxattr of another": "EROFS",
            "removexattr": "EROFS",
            "write to a handle for reading": "EBADF",
            "pwrite to a handle for reading": "EBADF",
            "ftruncate": "EINVAL",
            "fchmod": "EROFS",
            "fchown": "EROFS",
            "fallocate": "EBADF",
            "fsetxattr": "EROFS",
            "ioctl": "ENOTTY",
            "ioctl FS_IOC_GETFLAGS": "ENOTTY",
            "mmap, shared and for writing": "EACCES",
            "mmap to execute": "EPERM",
            "openat below a file": "ENOTDIR",
            "read of a closed handle": "EBADF",
            "open of a missing name": "ENOENT",
            "open below a missing name": "ENOENT",
            "open below a file": "ENOTDIR",
            "open of a file as a folder": "ENOTDIR",
            "open of a file with a slash": "ENOTDIR",
            "open of a folder for writing": "EISDIR",
            "read of a folder": "EISDIR",
            "open of a name with 255 bytes": "ENOENT",
            "open of a name with 256 bytes": "ENAMETOOLONG",
            "stat of a name with 256 bytes": "ENAMETOOLONG",
            "open of a name with 1500 bytes": "ENAMETOOLONG",
            "open of a path with 5000 bytes": "ENAMETOOLONG",
            "readlink of a file": "EINVAL",
            "getxattr of an unknown name": "ENODATA",
            "getxattr of a security label": "EOPNOTSUPP",
            "getxattr with little room": "ERANGE",
            "listxattr with little room": "ERANGE",
            "getxattr of a folder": "ENODATA",
            "access for writing": "EROFS",
            "access for executing": "EACCES",
            "execve": "EACCES",
        ]

        @Test("each operation that a mount does not have is refused with its errno", arguments: Account.all)
        func operations(account: Account) async throws {
            try await TestRepo.with(account) { repo in
                try repo.write(
                    "app.yml", "key: \(try repo.seal("hunter2"))\nfolder:\n  key: \(try repo.seal("x", as: .nacl))\n")
                for policy in ["strict", "open", "resident"] {
                    // Executable by its mode, so that only the mount itself forbids it.
                    try await repo.mounted("app.yml", "--cache", policy, "--mode", "0500") { mount in
                        let found = try await repo.probe(
                            "refused", mount.path.string, mount["key"].string, mount["folder"].string)
                        for ((operation, answer), expected) in zip(found, Refused.answers) {
                            #expect(operation == expected.key)
                            #expect(answer == expected.value, "\(operation), \(policy)")
                        }
                        #expect(found.count == Refused.answers.count)
                        #expect(try await mount.read("key").text == "hunter2", "nothing has changed")
                    }
                }
            }
        }
    }
}
