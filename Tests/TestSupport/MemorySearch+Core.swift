public import SystemPackage

extension MemorySearch {
    /// Where any of `needles` is, in the memory of a process or in a core that root forces out of it, with everything
    /// that the program asked to be left out of cores.
    /// - Parameter core: where to write the core.
    /// - Returns: a line for each find; none when nothing is left.
    public static func traces(of needles: [[UInt8]], in pid: Int32, core: FilePath) async throws -> [String] {
        var traces: [String] = []
        for needle in needles {
            traces += try search(pid: pid, for: needle).map { "in memory: \($0)" }
        }
        let result = try await Command.run(
            "gdb",
            [
                "-p", "\(pid)", "-batch", "-nx", "-ex", "set dump-excluded-mappings on", "-ex",
                "set use-coredump-filter off", "-ex", "generate-core-file \(core)",
            ])
        guard result.text.contains("Saved corefile") else {
            throw CommandFailure(description: "gdb wrote no core: \(result.errors)")
        }
        for needle in needles where try contains(core, needle) { traces.append("in a core") }
        return traces
    }
}
