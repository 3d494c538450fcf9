/// What the plugin is asked for, by path.
enum PluginCall: Sendable {
    /// Docker's question which interfaces it has (docs/extend/plugin_api.md of docker/cli).
    case activate
    case volume(VolumeCall)
    /// A swarm's question for the value of a secret.
    case secret
    /// Prometheus' question.
    case metrics

    /// - Returns: `nil` for what nobody asks this plugin for.
    init?(path: String) {
        switch path {
        case "/Plugin.Activate": self = .activate
        case "/SecretProvider.GetSecret": self = .secret
        case "/metrics": self = .metrics
        default:
            guard let call = VolumeCall(rawValue: path) else { return nil }
            self = .volume(call)
        }
    }

    /// All but the numbers is asked for by POST.
    var isPost: Bool { if case .metrics = self { false } else { true } }
}
