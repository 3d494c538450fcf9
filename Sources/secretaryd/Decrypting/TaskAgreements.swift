import SecretaryCore
import Synchronization

/// What the master keys share with the keys of tasks: kept, because computing it costs more than all else of a request.
///
/// Bounded: what was not used for a while is computed again.
final class TaskAgreements: Sendable {
    private struct Pair: Hashable {
        let master: KeyID
        let deploy: PublicKey
        let service: PublicKey?
    }

    private struct Generations {
        var young: [Pair: TaskAgreement] = [:]
        var old: [Pair: TaskAgreement] = [:]
    }

    /// Each holds a page or two of guarded memory.
    private static let capacity = 4096

    private let kept = Mutex(Generations())

    func agreement(of master: PrivateKey, with grant: TaskGrant) throws(SecretaryError) -> TaskAgreement {
        let pair = Pair(master: master.id, deploy: grant.deployKey, service: grant.serviceKey)
        if let known = kept.withLock({ $0.young[pair] }) { return known }
        let agreement: TaskAgreement
        if let known = kept.withLock({ $0.old[pair] }) {
            agreement = known
        } else {
            agreement = try TaskAgreement(master: master, deploy: grant.deployKey, service: grant.serviceKey)
        }
        kept.withLock { kept in
            if kept.young.count >= Self.capacity { (kept.old, kept.young) = (kept.young, [:]) }
            kept.young[pair] = agreement
        }
        return agreement
    }

    /// Forgets everything, when keys have been exchanged.
    func removeAll() {
        kept.withLock { $0 = Generations() }
    }
}
