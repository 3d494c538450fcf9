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
}
