import SecretaryCore
import Testing

@Suite("Control groups and containers")
struct ControlGroupTests {
    static let id = "3601745b3bd54d9780436faa5f0e4f7219ab31d7c6f2b8d5f0a1b2c3d4e5f607"
    static let pod = "pod087bb234_d59b_4f04_bfe2_d9a7e1ba47c2"

    @Test(
        "the container in a path, as engines write it",
        arguments: [
            // Docker with systemd and without, below a group of its own, and a process that is moved deeper.
            ("/system.slice/docker-ID.scope", "ID"), ("/docker/ID", "ID"), ("/web.slice/docker-ID.scope", "ID"),
            ("/docker/ID/init.scope", "ID"), ("/system.slice/docker-ID.scope/system.slice/cron.service", "ID"),
            // Podman as root and as a user; the monitor is outside the container.
            ("/machine.slice/libpod-ID.scope", "ID"), ("/machine.slice/libpod-ID.scope/container", "ID"),
            ("/libpod_parent/libpod-ID", "ID"), ("/machine.slice/libpod-conmon-ID.scope", nil),
            ("/system.slice/web.service/libpod-payload-ID", "ID"),
            ("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope/container", "user@1000/ID"),
            // Kubernetes: containerd and CRI-O, with systemd and without, and with one driver each.
            ("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-POD.slice/cri-containerd-ID.scope", "ID"),
            ("/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-POD.slice/crio-ID.scope", "ID"),
            ("/kubepods.slice/kubepods-POD.slice/crio-conmon-ID.scope", nil),
            ("/kubepods/burstable/POD/ID", "ID"), ("/kubepods/POD/crio-ID", "ID"), ("/kubepods/burstable/POD", nil),
            ("/system.slice/containerd.service/kubepods-besteffort-POD.slice:cri-containerd:ID", "ID"),
            ("/kubelet/kubepods/besteffort/POD/ID", "ID"),
            // containerd by itself, and Amazon's.
            ("/default/ID", "ID"), ("/system.slice/nerdctl-ID.scope", "ID"),
            ("/ecs/0123456789abcdef0123456789abcdef/ID", "ID"),
            // systemd-nspawn, libvirt, LXC, Mesos.
            ("/machine.slice/machine-web\\x2d1.scope/payload", "web-1"),
            ("/machine.slice/systemd-nspawn@web\\x2d1.service/payload", "web-1"),
            ("/machine.slice/machine-qemu\\x2d3\\x2dvm.scope", "qemu-3-vm"), ("/system.slice/machine-web.scope", nil),
            ("/lxc/web", "web"), ("/lxc.payload.web/system.slice", "web"), ("/lxc.payload/web", "web"),
            ("/lxc.monitor.web", nil), ("/home/lxc.payload.web", nil),
            ("/mesos/b2f6ff8c-0d5e-4d64-8c42-5a3d26fa1ba4", "b2f6ff8c-0d5e-4d64-8c42-5a3d26fa1ba4"),
            // The outermost counts: inside, anybody can make one that is called as another.
            (
                "/system.slice/docker-ID.scope/docker-0000000000000000000000000000000000000000000000000000000000000000.scope",
                "ID"
            ),
            // No containers.
            ("/", nil), ("/init.scope", nil), ("/system.slice/docker.service", nil),
            ("/system.slice/nginx.service", nil),
            ("/user.slice/user-1000.slice/session-3.scope", nil), ("/docker/buildkit", nil), ("/../ID", "ID"),
            ("/system.slice/other-ID.scope", nil), ("/system.slice/docker-ID0.scope", nil), ("/docker/IDID", nil),
            ("/system.slice/run-r3601745b3bd54d9780436faa5f0e4f72.scope", nil),
        ] as [(String, String?)])
    func containers(path: String, container: String?) {
        func filled(_ text: String) -> String { text.replacing("POD", with: Self.pod).replacing("ID", with: Self.id) }
        #expect(ControlGroup(path: filled(path)).container == container.map(filled))
    }

    @Test(
        "the path in /proc/PID/cgroup",
        arguments: [
            ("0::/system.slice/nginx.service\n", "/system.slice/nginx.service"), ("0::/\n", "/"),
            ("0::/a:b:c\n", "/a:b:c"), ("0::/../docker-x.scope\n", "/../docker-x.scope"),
            // Both versions: the unified hierarchy where it is used, else systemd's, else any.
            (
                "12:memory:/x\n1:name=systemd:/system.slice/a.service\n0::/system.slice/b.service\n",
                "/system.slice/b.service"
            ),
            ("12:memory:/x\n1:name=systemd:/system.slice/a.service\n0::/\n", "/system.slice/a.service"),
            ("12:cpu,cpuacct:/\n4:memory:/docker/x\n1:name=systemd:/\n0::/\n", "/docker/x"),
            ("12:cpu,cpuacct:/\n1:name=systemd:/\n0::/\n", "/"), ("3:cpuset:/docker/x\n2:cpu:/docker/x\n", "/docker/x"),
            ("", nil), ("nonsense\n", nil), ("0:/\n", nil),
        ] as [(String, String?)])
    func lines(text: String, path: String?) {
        #expect(ControlGroup(parsing: text)?.path == path)
    }
}
