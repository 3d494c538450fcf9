import SecretaryCore
import SystemPackage
import Testing

@testable import SecretFS

@Suite("Reports that readers have in hand")
struct ReportShelfTests {
    private let memory: SharedMemory

    init() throws {
        memory = try SharedMemory(mapping: SharedMemory.makeFile("shelf"), count: ReportShelf.size)
    }

    /// The report that says how often it was written.
    private func node(_ number: Int) -> Node {
        let name = Array("status".utf8)
        let placeholder = Report.status.placeholder(name: name, parent: .root, owner: 0, group: 0)
        return Report.status.node(text: Array("\(number)".utf8), for: placeholder, name: name, parent: .root)
    }

    @Test("a worker that was ready before the last one was given out gives the same to who looks it up again")
    func successor() {
        let former = ReportShelf(in: (memory, 0))
        let successor = ReportShelf(in: (memory, 0))
        let given = node(1)
        former.add(given, as: .status, for: 7)
        #expect(successor.recent(.status, for: 7) == nil)
        successor.takeOver()
        #expect(successor.recent(.status, for: 7)?.inode == given.inode)
        #expect(successor.recent(.generation, for: 7) == nil)
        #expect(successor.recent(.status, for: 8) == nil)
        guard case .text(let text)? = successor[given.inode]?.body else {
            Issue.record("the text is gone")
            return
        }
        #expect(text == Array("1".utf8))
    }

    @Test("the last ones are kept, also over the end of a worker that has given out many")
    func room() {
        let former = ReportShelf(in: (memory, 0))
        let nodes = (0..<ReportShelf.slotCount + 3).map { node($0) }
        for node in nodes { former.add(node, as: .status, for: 7) }
        let successor = ReportShelf(in: (memory, 0))
        successor.takeOver()
        #expect(successor.recent(.status, for: 7)?.inode == nodes.last?.inode)
        for shelf in [former, successor] {
            #expect(nodes[3...].allSatisfy { shelf[$0.inode] != nil })
            #expect(nodes[..<3].allSatisfy { shelf[$0.inode] == nil })
        }
        let next = node(100)
        successor.add(next, as: .status, for: 7)
        #expect(successor[nodes[3].inode] == nil, "the oldest makes room")
        #expect(successor[nodes[4].inode] != nil)
    }
}
