/// What Docker asks of a volume driver, by path (docs/extend/plugins_volume.md of docker/cli).
enum VolumeCall: String, CaseIterable, Sendable {
    case create = "/VolumeDriver.Create"
    case remove = "/VolumeDriver.Remove"
    case mount = "/VolumeDriver.Mount"
    case unmount = "/VolumeDriver.Unmount"
    case path = "/VolumeDriver.Path"
    case get = "/VolumeDriver.Get"
    case list = "/VolumeDriver.List"
    case capabilities = "/VolumeDriver.Capabilities"

    /// As logs have it.
    var name: String { "\(self)" }
}
