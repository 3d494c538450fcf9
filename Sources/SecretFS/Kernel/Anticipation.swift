internal import Glibc

/// Looks out for the next request for a moment, instead of going to sleep, while requests come one soon after another: to be
/// woken takes longer than most of them.
///
/// An idle mount sleeps: after the first moment in vain.
struct Anticipation {
    private var isPromising = false
    private var began = ContinuousClock.now

    /// About as long as a program takes from one file to the next.
    private static let moment = Duration.microseconds(30)

    /// Returns when there is something, or it is not worth while to look any longer.
    mutating func wait(for arrival: () -> Bool) {
        began = .now
        guard isPromising else { return }
        while !arrival(), ContinuousClock.now - began < Self.moment {
            // Whoever is to send the next request may need this processor for it.
            sched_yield()
        }
    }

    /// It has come: if soon, the next one may, too.
    mutating func end() {
        isPromising = ContinuousClock.now - began < Self.moment
    }
}
