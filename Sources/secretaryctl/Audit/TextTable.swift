/// Columns of text for people, two spaces apart.
struct TextTable {
    private(set) var rows: [[String]] = []

    mutating func add(_ cells: [String]) {
        rows.append(cells)
    }

    /// Each line, without spaces at its end.
    var lines: [String] {
        var widths: [Int] = []
        for row in rows {
            for (index, cell) in row.enumerated() {
                if index == widths.count { widths.append(0) }
                widths[index] = max(widths[index], cell.count)
            }
        }
        return rows.map { row in
            var line = ""
            for (index, cell) in row.enumerated() {
                line += cell
                if index < row.count - 1 { line += String(repeating: " ", count: widths[index] - cell.count + 2) }
            }
            return line
        }
    }
}
