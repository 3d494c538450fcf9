/// Text in Prometheus' exposition format, version 0.0.4.
package struct PrometheusText {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package private(set) var text = ""

    package init() {}

    /// One number.
    package mutating func add(_ name: String, _ kind: String, _ help: String, _ value: some Numeric) {
        begin(name, kind, help)
        sample(name, [], value)
    }

    /// Begins a family of samples.
    package mutating func begin(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    package mutating func sample(_ name: String, _ labels: [(String, String)], _ value: some Numeric) {
        let list = labels.map { "\($0)=\"\(Self.escape($1))\"" }.joined(separator: ",")
        text += list.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
    }

    package mutating func add(_ name: String, _ help: String, _ histogram: Histogram) {
        begin(name, "histogram", help)
        let counts = histogram.cumulative
        for (bound, count) in zip(Histogram.bounds + ["+Inf"], counts) {
            sample("\(name)_bucket", [("le", bound)], count)
        }
        sample("\(name)_sum", [], Double(histogram.microsecondsInAll) / 1_000_000)
        sample("\(name)_count", [], counts.last ?? 0)
    }

    private static func escape(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
