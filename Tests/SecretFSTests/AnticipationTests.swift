import Testing

@testable import SecretFS

@Suite struct `A thread that may look out for the next request` {
    @Test func `goes to sleep at once when nothing came soon before`() {
        var anticipation = Anticipation()
        anticipation.wait {
            Issue.record("it looks")
            return true
        }
    }

    @Test func `looks after something has come soon, until the next one is there`() {
        var anticipation = Anticipation()
        // The moment is short, and a machine can be busy: one of many will be in time.
        let looked = (0..<1000).contains { _ in
            anticipation.wait { true }
            anticipation.end()
            var looks = 0
            anticipation.wait {
                looks += 1
                return looks == 3
            }
            return looks == 3
        }
        #expect(looked)
    }

    @Test func `gives up after a moment in vain`() {
        var anticipation = Anticipation()
        var looked = false
        while !looked {
            anticipation.wait { true }
            anticipation.end()
            anticipation.wait {
                looked = true
                return false
            }
        }
        anticipation.end()
        anticipation.wait {
            Issue.record("it still looks")
            return true
        }
    }
}
