import SecretaryCore
import SystemPackage

/// The body of a request: a name, and what else the call needs.
struct VolumeRequest: Sendable {
    /// Empty where a call is about no volume.
    var name = ""
    /// Of one mount point of one container; it is not the container's, and comes again at each start of it.
    var id = ""
    /// As `docker volume create -o KEY=VALUE` gives them.
    var options: [String: String] = [:]

    init(name: String = "", id: String = "", options: [String: String] = [:]) {
        self.name = name
        self.id = id
        self.options = options
    }

    /// - Parameter body: JSON, or nothing.
    /// - Throws: `.malformed`, with the place of what is wrong.
    init(parsing body: [UInt8]) throws(SecretaryError) {
        let root = try ConfigFile.parse(body, path: "request", format: .json).root
        guard case .mapping(let members) = root else { throw Self.malformed("its body is no JSON object") }
        for member in members {
            switch member.key {
            case "Name": name = try Self.text(member)
            case "ID": id = try Self.text(member)
            case "Opts": options = try Self.options(member.node)
            // What later versions of Docker may say.
            default: break
            }
        }
    }

    private static func options(_ node: ConfigNode) throws(SecretaryError) -> [String: String] {
        switch node {
        case .mapping(let entries):
            var options: [String: String] = [:]
            for entry in entries { options[entry.key] = try text(entry) }
            return options
        // A map of Go that is not there.
        case .value(let value) where value.kind == .null: return [:]
        case .value, .sequence: throw malformed("Opts is no JSON object")
        }
    }

    private static func text(_ entry: ConfigNode.Entry) throws(SecretaryError) -> String {
        guard let text = entry.node.literalText else { throw malformed("\(entry.key) is no plain text") }
        return text
    }

    private static func malformed(_ what: String) -> SecretaryError {
        SecretaryError(.malformed, "the request cannot be understood: \(what)")
    }
}
