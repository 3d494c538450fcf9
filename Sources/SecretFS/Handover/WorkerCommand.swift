/// How this program is started once more: as a worker, or as the supervisor that takes this one's place.
public struct WorkerCommand: Sendable {
    /// Where the program is installed; another version may be there by now.
    public var program: String
    /// Those of the command, without the program's and the command's name.
    public var arguments: [String]
    /// Where relative paths among the arguments begin.
    public var directory: String

    public init(program: String, arguments: [String], directory: String) {
        self.program = program
        self.arguments = arguments
        self.directory = directory
    }

    /// The program that is running, whatever is at its place by now.
    static let ownProgram = "/proc/self/exe"

    /// The number of the descriptor on which a worker finds its supervisor.
    public static let controlDescriptor: Int32 = 3

    /// A worker goes to the folder by itself: where its file system hangs, the supervisor does not.
    var workerLine: [String] { ["secretaryctl", "mount", "--worker", "--started-in", directory] + arguments }

    func supervisorLine(resuming handover: SupervisorHandover) -> [String] {
        ["secretaryctl", "mount", "--resume", handover.text, "--started-in", directory] + arguments
    }
}
