public import SystemPackage

/// What `make dist` packs, of the programs under test.
public enum ProgramBundle {
    private static let made = Task {
        let scratch = try Scratch("bundle")
        scratch.keepUntilExit()
        let script = FilePath(#filePath).appending("../../../scripts/bundle").lexicallyNormalized().string
        try await Command.check(script, [Programs.folder.string, scratch["secretary"].string])
        return scratch
    }

    /// Puts the bundle at a path of the file system that temporary folders are in; it is made once, and its files are linked.
    ///
    /// They can be moved and removed there, but must not be written to.
    public static func link(at place: FilePath) async throws {
        try await Command.check("cp", ["-al", try await made.value["secretary"].string, place.string])
    }
}
