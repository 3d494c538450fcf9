internal import SystemPackage

extension RenderPlan {
    mutating func addTemplate(
        _ source: RenderRule.TemplateSource?, _ node: ConfigNode, name: String?, root: FilePath
    ) throws(SecretaryError) {
        let template: Template
        let shown: String
        switch source {
        case .inline(let inline): (template, shown) = (inline, "template")
        case .file(let path):
            shown = path.string
            let bytes = try ConfigFile.readBytes(path, in: root)
            do {
                template = try Template(parsing: bytes)
            } catch {
                throw error.prefixed(shown)
            }
        case nil: throw SecretaryError(.configuration, "there is no template")
        }
        for piece in template.pieces {
            switch piece {
            case .literal(let bytes): try add(bytes)
            case .value(let path, let line):
                do {
                    try add(RenderPlan.leaf(at: path, of: node, name: name), as: .raw)
                } catch {
                    throw error.prefixed("\(shown) line \(line)")
                }
            }
        }
    }

    private static func leaf(
        at path: ConfigPath, of node: ConfigNode, name: String?
    ) throws(SecretaryError) -> ConfigLeaf {
        guard case .value(let value) = try node.node(at: path) else {
            throw SecretaryError(.configuration, "\"\(path)\" is not a single value", hint: "name one below it")
        }
        return ConfigLeaf(path: path, name: node.name(at: path, inherited: name), value: value)
    }
}
