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
                print("docker: before: \(before)")
                func nothingGrew(_ when: String) async throws {
                    let now = try await resources(of: plugin, machine)
                    #expect(now.descriptors <= before.descriptors + 2, "\(when): \(before) became \(now)")
                    #expect(now.memory <= before.memory + 4096, "\(when): \(before) became \(now)")
                    #expect(now.secretMounts == 1, "\(when)")
                    if now.containers == 0 {
                        #expect(now.mounts == before.mounts, "\(when): \(before) became \(now)")
                    }
                    print("docker: \(when): \(now)")
                }
                let begun = ContinuousClock.now
                try await run(machine, Self.inARow / 2)
                try await nothingGrew("half-way")
                try await run(machine, Self.inARow / 2)
                print("docker: \(Self.inARow) containers in a row took \(ContinuousClock.now - begun)")
                try await nothingGrew("after \(Self.inARow) in a row")
                try await runTogether(machine)
                try await nothingGrew("while \(Self.atOnce) run")
                try await machine.shell("docker ps --quiet | xargs docker rm --force >/run/crowd")
                try await nothingGrew("after \(Self.atOnce) at once")
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
        }

        /// How long the plugin took to answer each Mount, as its log says: alone, and when all ask at once.
        private func reportAnswers(_ machine: DockerMachine) throws {
            let times = try machine.repo.messages("plugin").split(separator: "\n")
                .filter { $0.contains("mount web: ") && !$0.contains("unmount") }
                .compactMap { $0.split(separator: " ").dropLast().last.flatMap { Double($0) } }
            try #require(times.count >= Self.inARow + Self.atOnce)
            func highest(_ what: String, _ times: some Sequence<Double>) -> Double {
                let times = times.sorted()
                let high = times[times.count * 99 / 100]
                print(
                    "docker: Mount, \(what): median \(times[times.count / 2]), 99 % \(high), most \(times.max() ?? 0) ms"
                )
                return high
            }
            _ = highest("one by one", times.dropLast(Self.atOnce))
            _ = highest("\(Self.atOnce) at once", times.suffix(Self.atOnce))
            // On a machine that is busy with nothing else it is a hundredth of that: who waited in vain would take ten seconds.
            #expect(highest("all", times) < 2500)
        }

        private struct Resources: CustomStringConvertible {
            var descriptors = 0
            /// KiB.
            var memory = 0
            /// Of the machine, and those of them that show secrets.
            var mounts = 0
            var secretMounts = 0
            var containers = 0

            var description: String {
                "\(descriptors) descriptors, \(memory) KiB, \(mounts) mounts, \(containers) containers"
            }
        }

        /// Of plugin, supervisor and worker together.
        ///
        /// What the worker has open of readers in `/proc`, a bounded number, it keeps until it needs the room.
        private func resources(of plugin: Int, _ machine: DockerMachine) async throws -> Resources {
            func count(_ script: String) async throws -> Int { try #require(Int(try await machine.shell(script))) }
            var sum = Resources()
            for process in [plugin, try await machine.status("pid"), try await machine.status("worker_pid")] {
                sum.descriptors += try await count("ls -l /proc/\(process)/fd | grep -vc /proc/")
                sum.memory += try await count("awk '/^RssAnon/ { print $2 }' /proc/\(process)/status")
            }
            sum.mounts = try await count("wc -l </proc/self/mountinfo")
            sum.secretMounts = try await count("grep -c ' fuse.secretfs ' /proc/self/mountinfo")
            sum.containers = try await count("docker ps --quiet | wc -l")
            return sum
        }
    }
}
