internal import Glibc
internal import SystemPackage

/// The symbolic links that a path leads over.
enum SymbolicLinks {
    /// As many as the kernel follows (`path_resolution(7)`).
    private static let limit = 40

    /// - Parameter path: absolute.
    /// - Returns: each link where it is, itself reached over no link.
    static func on(_ path: FilePath) -> [FilePath] {
        var links: [FilePath] = []
        var place: FilePath = "/"
        var rest = Array(path.components.reversed())
        while let part = rest.popLast() {
            switch part.kind {
            case .currentDirectory: continue
            case .parentDirectory: place.removeLastComponent()
            case .regular:
                place.append(part)
                guard links.count < limit, let target = target(of: place) else { continue }
                links.append(place)
                rest += target.components.reversed()
                if target.isAbsolute { place = "/" } else { place.removeLastComponent() }
            }
        }
        return links
    }

    /// - Returns: `nil` for what is no link.
    private static func target(of path: FilePath) -> FilePath? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX) + 1) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let count = unsafe path.withPlatformString { unsafe readlink($0, base, buffer.count - 1) }
            guard count > 0 else { return nil }
            unsafe base[count] = 0
            return unsafe FilePath(platformString: base)
        }
    }
}
