import Synchronization
import Testing

@testable import SecretFS

@Suite("What a supervisor tells its workers") struct SupervisorNoticeTests {
    @Test(
        "is understood whatever the reasons are that it gives",
        arguments: ["killed", "", "two\nlines\r\nand a third\r", String(repeating: "e\u{301}\u{302}", count: 2000)])
    func reasons(_ reason: String) {
        var notice = SupervisorNotice()
        (notice.mountpoint, notice.supervisor, notice.workers, notice.device) = ("/run/secrets", 4711, 3, "0:99")
        (notice.lastEnd, notice.upgradeError) = (reason, reason)
        // As much as there is room for.
        #expect(notice.text.utf8.count < 3000)
        let heard = SupervisorNotice(text: notice.text)
        #expect(heard.mountpoint == notice.mountpoint && heard.supervisor == 4711 && heard.workers == 3)
        #expect(heard.device == "0:99" && heard.lastEnd.isEmpty == reason.isEmpty)
    }

    private final class Writing: Sendable {
        let isOver = Atomic(false)
    }

    @Test("is heard whole, however often it says something else meanwhile")
    func tearing() async throws {
        let memory = try MountMemory.make()
        let writing = Writing()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in UInt64(0)..<20_000 {
                    memory.updateNotice {
                        ($0.workers, $0.restarts, $0.device) = (number, Int(number), "0:\(number)")
                        $0.lastEnd = String(repeating: "x", count: Int(number % 500))
                    }
                }
                writing.isOver.store(true, ordering: .releasing)
            }
            group.addTask {
                repeat {
                    let notice = memory.notice
                    let isWhole =
                        notice == SupervisorNotice()
                        || (notice.restarts == notice.workers && notice.device == "0:\(notice.workers)"
                            && notice.lastEnd.count == Int(notice.workers % 500))
                    guard isWhole else {
                        Issue.record("\(notice)")
                        return
                    }
                } while !writing.isOver.load(ordering: .acquiring)
            }
        }
    }
}
