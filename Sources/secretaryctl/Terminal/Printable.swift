/// Text from elsewhere, such as the path of a program, as it can be shown on a terminal.
enum Printable {
    /// Control characters, and those that turn the direction of writing, are shown as escapes.
    static func text(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        return text.unicodeScalars.reduce(into: "") { shown, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: shown += scalar.escaped(asASCII: true)
            default: shown.unicodeScalars.append(scalar)
            }
        }
    }
}
