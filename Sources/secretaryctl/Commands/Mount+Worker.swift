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
            let nowhere = part.inBackground ? Readiness.nowhere() : nil
            let (keys, isFirst) = (worker.keys, worker.isFirst)
            try worker.serve(settings) { () throws(SecretaryError) in
                if let folder = volumes.folder { return volumesSource(folder, in: directory) }
                return try repositorySource(in: directory, keys, isFirst: isFirst)
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

    private func repositorySource(
        in directory: String, _ keys: FileDescriptor?, isFirst: Bool
    ) throws(SecretaryError) -> RepositorySource {
        let selection = try selection(in: directory)
        // Paths of keys begin there.
        try Self.change(to: directory)
        let opener = try decryptor(for: selection.place, keys)
        try Self.change(to: "/")
        let source = RepositorySource(selection, decryptor: opener.decryptor)
        if isFirst { try source.requireFittingKey(canOpen: opener.canOpen) }
        return source
    }

    private func volumesSource(_ folder: String, in directory: String) -> VolumesSource {
        let maker = VolumeMaker(
            sources: Self.absolute(volumes.sourcesFolder, in: directory),
            keys: Self.absolute(volumes.keysFolder, in: directory), reader: options.reader, outside: outside,
            deadline: .seconds(deadline), mode: mode.bits, owner: uid ?? geteuid(), group: gid ?? getegid())
        return VolumesSource(Self.absolute(folder, in: directory), policy: cache) { definition throws(SecretaryError) in
            try maker.content(of: definition)
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
