import SecretaryCore
import SystemPackage
import Testing

@testable import SecretFS

@Suite("Work that is done at once only as long as that is prompt")
struct PromptnessTests {
    @Test("what has become slow is left to another thread, until it is prompt again")
    func slow() {
        let promptness = Promptness()
        let waker = Waker()
        #expect(promptness.attempt { 1 } == 1)
        promptness.measure { waker.wait(until: .now + .milliseconds(5)) }
        #expect(promptness.attempt { 1 } == nil)
        #expect(promptness.attempt { 1 } == nil)
        #expect(promptness.measure { 2 } == 2)
        #expect(promptness.attempt { 1 } == 1)
    }

    @Test("however prompt it was before, two threads at most are caught by it")
    func bounded() throws {
        let promptness = Promptness()
        let gate = try Gate()
        let ended = [Answer<Int>(), Answer<Int>()]
        for answer in ended {
            let began = Answer<Void>()
            try BackgroundThread.detach {
                let result = promptness.attempt {
                    began.set(.success(()))
                    gate.pass()
                    return 1
                }
                answer.set(result.map { .success($0) } ?? .failure(.wouldBlock))
            }
            try began.get()
        }
        #expect(promptness.attempt { 1 } == nil)
        gate.open()
        for answer in ended { #expect(try answer.get() == 1) }
    }
}
