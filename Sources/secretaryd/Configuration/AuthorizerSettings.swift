import NIOPosix
import SecretaryCore
import SystemPackage

/// Who is asked which tasks there are.
enum AuthorizerSettings: Sendable {
    /// A file with rules.
    case policy(FilePath)
    case marathon(OrchestratorSettings)
    case swarm(OrchestratorSettings)

    static let keys = ["policy", "marathon", "swarm"]

    init(_ section: SettingsSection, in folder: FilePath) throws(SecretaryError) {
        guard section.keys.count == 1 else {
            throw section.error(
                "\(section.name) has to name one of \(Self.keys.joined(separator: ", "))", at: section.location,
                hint: "a daemon asks one of them")
        }
        if let marathon = try section.section("marathon", keys: OrchestratorSettings.keys) {
            self = .marathon(try OrchestratorSettings(marathon, in: folder))
        } else if let swarm = try section.section("swarm", keys: OrchestratorSettings.keys) {
            self = .swarm(try OrchestratorSettings(swarm, in: folder, defaultURL: SwarmAuthorizer.defaultURL))
        } else {
            self = .policy(try section.required("policy", section.file("policy", in: folder)))
        }
    }

    /// - Throws: what reading a policy throws.
    func authorizer(on threads: NIOThreadPool) throws(SecretaryError) -> any Authorizer {
        switch self {
        case .policy(let path): try PolicyAuthorizer(path)
        case .marathon(let settings): MarathonAuthorizer(settings, threads: threads)
        case .swarm(let settings): SwarmAuthorizer(settings, threads: threads)
        }
    }
}
