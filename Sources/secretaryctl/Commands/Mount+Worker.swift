import Glibc
import SecretFS
import SecretaryCore
import SystemPackage

// The part of a mount that reads keys and source, and serves.
extension MountCommand {
    func serve() throws {
        OwnProgram.nameProcess()
        ProcessHygiene.protect()
        LockedMemory.raiseLimit()
        let worker = try Worker()
        do throws(SecretaryError) {
            let directory = if let folder = part.startedIn { folder } else { try Self.currentFolder() }
            let settings = try mountSettings(in: directory)
            let selection = try selection(in: directory)
            let nowhere = part.inBackground ? Readiness.nowhere() : nil
            let (keys, isFirst) = (worker.keys, worker.isFirst)
            try worker.serve(settings) { () throws(SecretaryError) in
                // Paths of keys begin there.
                try Self.change(to: directory)
                let opener = try decryptor(for: selection.place, keys)
                try Self.change(to: "/")
                let source = RepositorySource(selection, decryptor: opener.decryptor)
                if isFirst { try source.requireFittingKey(canOpen: opener.canOpen) }
                return source
            } told: { event in
                switch event {
                case .waiting: Report.note("still reading the source \(settings.source)")
                case .serving: Readiness.leaveStandardError(for: nowhere)
                }
            }
        } catch {
            worker.complain(error)
            throw error
        }
    }

    /// - Parameter keys: holds variables; what was handed over as text is in memory no longer than this takes.
    private func decryptor(
        for place: FilePath, _ keys: FileDescriptor?
    ) throws(SecretaryError) -> MountDecryptor {
        var reader = options.reader
        if let keys { reader.environment = .handedOver(try KeyVariables(readingAll: keys)) }
        return try reader.mountDecryptor(
            for: ConfigRepository.discover(from: place), outside, deadline: .seconds(deadline))
    }

    private func selection(in directory: String) throws(SecretaryError) -> MountSelection {
        MountSelection(
            place: Self.absolute(mountpoint == nil ? "." : source, in: directory), view: view, select: select,
            layout: layout, includesPlain: includesPlain, app: try options.reader.identity(), mode: mode.bits,
            owner: uid ?? geteuid(), group: gid ?? getegid())
    }
}
