internal import SystemPackage

/// Reads the `views` of a `.secretary.yaml`.
enum ViewReader {
    static func read(_ section: SettingsSection) throws(SecretaryError) -> [View] {
        var views: [View] = []
        for name in section.keys {
            try check(name, in: section)
            guard let view = try section.section(name, keys: ["source", "select", "app", "readers", "files", "render"])
            else {
                continue
            }
            views.append(try self.view(view, named: name))
        }
        return views
    }

    /// View names are typed on command lines and are the names of Docker volumes.
    private static func check(_ name: String, in section: SettingsSection) throws(SecretaryError) {
        let isPlain = name.utf8.allSatisfy { byte in
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        }
        guard isPlain, let first = name.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else {
            throw section.error(
                "\"\(name)\" cannot be the name of a view", at: section.location(of: name),
                hint: "names are letters, digits, _, - and ., and begin with a letter, a digit or _")
        }
    }

    private static func view(_ section: SettingsSection, named name: String) throws(SecretaryError) -> View {
        var files: [FileRule] = []
        for rule in try section.sections("files", keys: ["match", "path", "mode", "uid", "gid", "readers"]) {
            files.append(
                FileRule(
                    match: try rule.required("match", rule.value("match", dottedGlob)),
                    path: try rule.value("path", RelativePath.parseInMount), access: try access(rule)))
        }
        var render: [RenderRule] = []
        for rule in try section.sections(
            "render",
            keys: ["path", "format", "template", "template-file", "select", "match", "mode", "uid", "gid", "readers"])
        {
            render.append(try renderRule(rule))
        }
        try checkPlaces(render, in: section)
        return View(
            name: name, source: try section.required("source", section.path("source")),
            select: try section.value("select", dottedPath) ?? ConfigPath(),
            app: try section.value("app") { text throws(SecretaryError) in try AppPath(parsing: text) },
            files: files, render: render, readers: try ReaderRulesReader.read(section))
    }

    private static func renderRule(_ section: SettingsSection) throws(SecretaryError) -> RenderRule {
        let format: RenderRule.Format = try section.required("format", section.choice("format"))
        let template = try self.template(section, format: format)
        return RenderRule(
            path: try section.required("path", section.value("path", RelativePath.parseInMount)), format: format,
            select: try section.value("select", dottedPath) ?? ConfigPath(),
            match: try section.value("match", dottedGlob), template: template, access: try access(section))
    }

    private static func template(
        _ section: SettingsSection, format: RenderRule.Format
    ) throws(SecretaryError) -> RenderRule.TemplateSource? {
        guard format == .template else {
            for key in ["template", "template-file"] where section.has(key) {
                throw section.error(
                    "\(section.name) has a \(key), and the format \(format.rawValue)", at: section.location(of: key),
                    hint: "write format: template, or delete the \(key)")
            }
            return nil
        }
        if section.has("match") {
            throw section.error(
                "\(section.name) has a match, and a template names its values itself", at: section.location(of: "match")
            )
        }
        switch (try section.text("template"), try section.path("template-file")) {
        case (let inline?, nil):
            do {
                return .inline(try Template(parsing: Array(inline.text.utf8)))
            } catch {
                throw section.error("\(section.name).template: \(error.message)", at: inline.location, hint: error.hint)
            }
        case (nil, let file?): return .file(file)
        default:
            throw section.error(
                "\(section.name) needs a template or a template-file, one of both", at: section.location)
        }
    }

    /// Two rendered files in one place are noticed here; a rendered file in the place of another, by the mount.
    private static func checkPlaces(_ rules: [RenderRule], in section: SettingsSection) throws(SecretaryError) {
        for (index, rule) in rules.enumerated() where rules[..<index].contains(where: { $0.path == rule.path }) {
            throw section.error(
                "\(section.name).render has two files \"\(rule.path)\"", at: section.location(of: "render"))
        }
    }

    // MARK: Values

    private static func dottedPath(_ text: String) throws(SecretaryError) -> ConfigPath {
        try ConfigPath(parsing: text)
    }

    private static func dottedGlob(_ text: String) throws(SecretaryError) -> Glob {
        try Glob(parsing: text, separator: ".")
    }

    private static func access(_ section: SettingsSection) throws(SecretaryError) -> FileAccess {
        FileAccess(
            mode: try section.value("mode", mode), uid: try section.value("uid", identifier),
            gid: try section.value("gid", identifier), readers: try ReaderRulesReader.read(section))
    }

    private static func mode(_ text: String) throws(SecretaryError) -> FilePermissions {
        let digits = text.hasPrefix("0o") ? text.dropFirst(2) : text[...]
        // 440 without the zero would be read as octal by some and as decimal by others.
        guard text.hasPrefix("0"), digits.count <= 4, let mode = CInterop.Mode(digits, radix: 8), mode <= 0o777 else {
            throw SecretaryError(
                .configuration, "\"\(text)\" is not a mode",
                hint: "write it as four octal digits, such as \"0440\"")
        }
        return FilePermissions(rawValue: mode)
    }

    /// A user or group as a number; the largest 32-bit number means "no change" to chown, and is refused.
    static func identifier(_ text: String) throws(SecretaryError) -> UInt32 {
        guard let number = UInt32(text), number != .max, String(number) == text else {
            throw SecretaryError(
                .configuration, "\"\(text)\" is not the number of a user or group",
                hint: "write the number that \"id\" shows; a name may be another number inside a container")
        }
        return number
    }
}
