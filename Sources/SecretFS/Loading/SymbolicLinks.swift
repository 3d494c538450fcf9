internal import Glibc
internal import SystemPackage

/// The symbolic links that a path leads over, and where it ends.
enum SymbolicLinks {
    /// As many as the kernel follows (`path_resolution(7)`).
    private static let limit = 40

    /// - Parameter path: absolute.
    /// - Returns: each link where it is, itself reached over no link; at last what they lead to, or the first part of the way
    ///   there that is missing.
    static func way(to path: FilePath) -> [FilePath] {
        var links: [FilePath] = []
        var place: FilePath = "/"
        var rest = Array(path.components.reversed())
        while let part = rest.popLast() {
            switch part.kind {
            case .currentDirectory: continue
            case .parentDirectory: place.removeLastComponent()
            case .regular:
                place.append(part)
                switch target(of: place) {
                case .success(let target) where links.count < limit:
                    links.append(place)
                    rest += target.components.reversed()
                    if target.isAbsolute { place = "/" } else { place.removeLastComponent() }
                case .failure(.noSuchFileOrDirectory): return links + [place]
                case .success, .failure: continue
                }
            }
        }
        return links + [place]
    }

    /// What a link says; `EINVAL` for what is no link.
    private static func target(of path: FilePath) -> Result<FilePath, Errno> {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX) + 1) { buffer in
            guard let base = buffer.baseAddress else { return .failure(.noMemory) }
            let count = unsafe path.withPlatformString { unsafe readlink($0, base, buffer.count - 1) }
            guard count > 0 else { return .failure(Errno(rawValue: errno)) }
            unsafe base[count] = 0
            return unsafe .success(FilePath(platformString: base))
        }
    }
}
