internal import Glibc
internal import SystemPackage

/// The files of a log: the one that is written to, and those beside it.
struct AuditPaths: Sendable {
    let log: FilePath

    init(_ log: FilePath) {
        self.log = log
    }

    /// Keys, place and size, for the next record.
    var state: FilePath { beside("state") }
    /// The first keys, when they are not sealed for an auditor.
    var key: FilePath { beside("key") }

    /// What a finished file is called: with the number of its last record, so that names sort as files follow each other.
    func finished(lastRecord: UInt64) -> FilePath {
        let digits = String(lastRecord)
        return beside(String(repeating: "0", count: max(0, 12 - digits.count)) + digits)
    }

    /// What a file is called that stood in the log's place.
    func foreign(nextRecord: UInt64) -> FilePath { beside("foreign-\(nextRecord)") }

    private func beside(_ suffix: String) -> FilePath {
        FilePath(log.string + "." + suffix)
    }

    /// Gives a file another name, which must be free, and makes that last.
    ///
    /// The C functions are `link` and `unlink`: a `rename` would destroy what has the name.
    func move(_ old: FilePath, to new: FilePath) throws(SecretaryError) {
        let status = unsafe old.withPlatformString { old in
            unsafe new.withPlatformString { new in
                unsafe link(old, new) == 0 && unlink(old) == 0 ? 0 : errno
            }
        }
        guard status == 0 else {
            throw SecretaryError(.io, "cannot rename \(old) to \(new): \(Errno(rawValue: status))")
        }
        syncFolder()
    }

    /// Makes names last.
    func syncFolder() {
        let folder = log.removingLastComponent()
        let descriptor = unsafe (folder.isEmpty ? "." : folder).withPlatformString {
            unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
