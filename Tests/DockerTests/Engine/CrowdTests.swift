import Foundation
import SystemPackage
import TestSupport
import Testing

extension DockerEngineTests {
    @Suite("Many containers")
    struct Crowd {
        private static let inARow = 200
        private static let atOnce = 50

        @Test(
            "200 in a row and 50 at once: all read, Mount answers at once, and nothing grows", .timeLimit(.minutes(15)))
        func many() async throws {
            try await DockerMachine.with { machine in
                let plugin = try await machine.startPlugin()
                try await machine.startEngine()
                try await machine.makeImage()
                try machine.repo.write("web.yml", secrets: ["password": "correct horse"])
                try await machine.docker("volume", "create", "-d", "secretary", "-o", "source=web.yml", "web")
                // What the first ones bring along is no leak.
                try await run(machine, 5)
                let before = try await resources(of: plugin, machine)
                let begun = ContinuousClock.now
                try await run(machine, Self.inARow)
                print("docker: \(Self.inARow) containers in a row took \(ContinuousClock.now - begun)")
                let after = try await resources(of: plugin, machine)
                #expect(after.descriptors <= before.descriptors + 2, "\(before) became \(after)")
                #expect(after.memory <= before.memory + 4096, "\(before) became \(after)")
                try await runTogether(machine)
                try reportAnswers(machine)
                try await eventually("the engine has let go of the volume") {
                    try await machine.docker("volume", "inspect", "--format", "{{.Status.mounts}}", "web") == "0"
                }
                try await machine.leavesNothing()
            }
        }

        /// One after the other, so that the engine has all its time for one.
        private func run(_ machine: DockerMachine, _ count: Int) async throws {
            for _ in 0..<(count / 5) {
                let read = try await machine.shell(
                    """
                    for number in 1 2 3 4 5; do
                        docker run --rm --network=none --log-driver=none -a stdout -v web:/s busybox cat /s/password
                    done
                    """)
                try #require(read == String(repeating: "correct horse", count: 5))
            }
        }

        private func runTogether(_ machine: DockerMachine) async throws {
            let begun = ContinuousClock.now
            try await machine.shell(
                """
                for number in $(seq \(Self.atOnce)); do
                    docker run --detach --name "crowd$number" --network=none -v web:/s busybox \\
                        sh -c 'cat /s/password; echo; exec sleep 100000' >/run/crowd.$number &
                done
                wait
                """)
            print("docker: \(Self.atOnce) containers at once took \(ContinuousClock.now - begun)")
            let read = try await machine.shell("for number in $(seq \(Self.atOnce)); do docker logs crowd$number; done")
            #expect(read == Array(repeating: "correct horse", count: Self.atOnce).joined(separator: "\n"))
            #expect(
                try await machine.docker("volume", "inspect", "--format", "{{.Status.mounts}}", "web")
                    == "\(Self.atOnce)")
            try await machine.shell("docker ps --quiet | xargs docker rm --force >/run/crowd")
        }

        /// How long the plugin took to answer each Mount, as its log says.
        private func reportAnswers(_ machine: DockerMachine) throws {
            let times = try machine.repo.messages("plugin").split(separator: "\n")
                .filter { $0.contains("mount web: ") && !$0.contains("unmount") }
                .compactMap { $0.split(separator: " ").dropLast().last.flatMap { Double($0) } }.sorted()
            try #require(times.count >= Self.inARow + Self.atOnce)
            let (median, high, most) = (times[times.count / 2], times[times.count * 99 / 100], times[times.count - 1])
            print("docker: Mount answered \(times.count) times: median \(median), 99 % \(high), most \(most) ms")
            // On a machine that is busy with nothing else it is a tenth of that.
            #expect(high < 250)
        }

        private struct Resources {
            var descriptors = 0
            var memory = 0
        }

        /// Of plugin, supervisor and worker together; memory in KiB.
        ///
        /// What the worker has open of readers in `/proc`, a bounded number, it keeps until it needs the room.
        private func resources(of plugin: Int, _ machine: DockerMachine) async throws -> Resources {
            var sum = Resources()
            for process in [plugin, try await machine.status("pid"), try await machine.status("worker_pid")] {
                sum.descriptors += Int(try await machine.shell("ls -l /proc/\(process)/fd | grep -vc /proc/")) ?? 0
                sum.memory += Int(try await machine.shell("awk '/^RssAnon/ { print $2 }' /proc/\(process)/status")) ?? 0
            }
            return sum
        }
    }
}
