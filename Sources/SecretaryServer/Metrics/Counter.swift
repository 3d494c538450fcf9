internal import Synchronization

/// A number that only grows.
package final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    package init() {}

    package func increment(by number: UInt64 = 1) { count.add(number, ordering: .relaxed) }

    package var value: UInt64 { count.load(ordering: .relaxed) }
}

/// How long something took, counted in steps.
package final class Histogram: Sendable {
    /// Upper ends of the steps, in seconds.
    static let bounds = ["0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "1", "5"]
    private static let limits: [Duration] = [
        .microseconds(500), .milliseconds(1), .microseconds(2500), .milliseconds(5), .milliseconds(10),
        .milliseconds(25), .milliseconds(50), .milliseconds(100), .milliseconds(250), .seconds(1), .seconds(5),
    ]

    /// The last is for what took longer.
    private let steps = (0...bounds.count).map { _ in Counter() }
    private let microseconds = Counter()

    package init() {}

    package func record(_ duration: Duration) {
        steps[Self.limits.firstIndex { duration <= $0 } ?? Self.limits.count].increment()
        microseconds.increment(by: UInt64(max(0, duration / .microseconds(1))))
    }

    /// For each bound, how many did not take longer; the last number is of all.
    var cumulative: [UInt64] {
        var sum: UInt64 = 0
        return steps.map { step in
            sum += step.value
            return sum
        }
    }

    var microsecondsInAll: UInt64 { microseconds.value }
}
