import Glibc
import SecretaryCore
import SecretaryRemote
import TestSupport
import Testing

@Suite(
    "three daemons behind HAProxy",
    .enabled(if: DaemonFleet.haproxy != nil, "needs haproxy, which make test installs"))
struct LoadBalancerTests {
    @Test(
        "killed, stopped, hung and started again in turn under load of 50 clients: none sees a failure",
        .timeLimit(.minutes(15)))
    func replaced() async throws {
        let setup = try DaemonSetup()
        let fleet = try DaemonFleet(setup)
        do {
            try await replaceAll(fleet)
            await fleet.stop()
        } catch {
            await fleet.stop()
            throw error
        }
    }

    private func replaceAll(_ fleet: DaemonFleet) async throws {
        for index in 0..<3 { try await fleet.start(index) }
        try await fleet.startBalancer()
        let setup = fleet.setup
        let agreement = try TaskAgreement(
            deploy: setup.key("deploy"), service: setup.key("service"), master: setup.key("master").publicKey)
        let claim = TaskClaim(app: setup.claim.app, version: setup.claim.version, id: setup.claim.id)
        var settings = DaemonSettings(urls: ["http://127.0.0.1:\(fleet.port)"], claim: claim)
        (settings.patience, settings.timeout) = (.seconds(60), .seconds(120))
        let crowd = try ClientCrowd(50, setup: setup, scope: "/prod/shop/web") {
            try DaemonClient(settings, agreement: agreement)
        }
        do {
            for index in 0..<3 {
                try await disturb(fleet, index, crowd)
                let outcome = crowd.current
                #expect(outcome.failures.isEmpty)
            }
        } catch {
            _ = crowd.stop()
            throw error
        }
        let outcome = crowd.stop()
        #expect(outcome.failures.isEmpty)
        #expect(outcome.mixedUp == 0)
        #expect(outcome.answered > 500)
        // One time limit of the balancer for a daemon that hangs, and a client that had to wait for others.
        #expect(outcome.longest < .seconds(30), "\(outcome)")
    }

    private func disturb(_ fleet: DaemonFleet, _ index: Int, _ crowd: ClientCrowd) async throws {
        try await goOn(crowd)
        try fleet.signal(index, SIGKILL)
        await fleet.waitForEnd(of: index)
        try await goOn(crowd)
        try await fleet.start(index)
        try await goOn(crowd)
        try fleet.signal(index, SIGTERM)
        await fleet.waitForEnd(of: index)
        try await goOn(crowd)
        try await fleet.start(index)
        try await goOn(crowd)
        try fleet.signal(index, SIGSTOP)
        try await Task.sleep(for: .seconds(3))
        try await goOn(crowd)
        try fleet.signal(index, SIGCONT)
        try await goOn(crowd)
    }

    /// Waits until every client has been served a few times on average.
    private func goOn(_ crowd: ClientCrowd) async throws {
        let before = crowd.current.answered
        try await eventually("clients are served") { crowd.current.answered > before + 100 }
    }
}
