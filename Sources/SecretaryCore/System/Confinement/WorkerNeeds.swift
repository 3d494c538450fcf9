public import SystemPackage

/// What a worker does besides reading files and answering requests; all else is taken from it.
public struct WorkerNeeds: Sendable {
    /// It asks which programs its readers run (`/proc/PID/exe`).
    public var inspectsReaders: Bool
    /// The folder in which it makes, appends to and renames files.
    public var writableFolder: FilePath?
    /// It connects to sockets of this machine, such as the one of the system's log.
    public var usesLocalSockets: Bool
    /// It connects to other machines, and loads libraries for it.
    public var usesNetwork: Bool

    public init(
        inspectsReaders: Bool = false, writableFolder: FilePath? = nil, usesLocalSockets: Bool = false,
        usesNetwork: Bool = false
    ) {
        self.inspectsReaders = inspectsReaders
        self.writableFolder = writableFolder
        self.usesLocalSockets = usesLocalSockets
        self.usesNetwork = usesNetwork
    }
}

/// What has been taken from a process, as far as the kernel can.
public struct Confinement: Sendable {
    /// Only the system calls of a server are possible.
    public var filtersSystemCalls: Bool
    /// The version of Landlock that forbids writing and executing; `nil` when it does not.
    public var landlockVersion: Int?

    /// For people, each in a few words.
    public var measures: [String] {
        ["no capabilities but for reading"] + (filtersSystemCalls ? ["system calls"] : [])
            + (landlockVersion.map { ["landlock \($0)"] } ?? [])
    }
}
