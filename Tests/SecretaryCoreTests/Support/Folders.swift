import Foundation
import SystemPackage

enum Folders {
    /// The names in a folder, hidden ones too.
    static func names(_ folder: FilePath) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
    }

    static func remove(_ folder: FilePath) throws {
        try FileManager.default.removeItem(atPath: folder.string)
    }
}
