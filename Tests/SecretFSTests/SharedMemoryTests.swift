import SystemPackage
import Testing

@testable import SecretFS

@Suite("Shared memory") struct SharedMemoryTests {
    @Test("whoever maps less of it takes nothing away from others")
    func shorter() async {
        await #expect(processExitsWith: .success) {
            let file = try SharedMemory.makeFile("secretary-test")
            let other = try file.duplicate()
            let whole = try SharedMemory(mapping: file, count: 65536)
            unsafe whole.bytes[65535] = 7
            let part = try SharedMemory(mapping: other, count: 4096)
            try #require(unsafe part.bytes.count == 4096)
            try #require(unsafe whole.bytes[65535] == 7)
        }
    }
}
