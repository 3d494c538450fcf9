/// Moments as RFC 3339 has them: `2026-11-22T01:02:03.000004Z`, always UTC.
///
/// Computed here: `gmtime_r` and `strftime` cost more than everything else of an audit record.
public enum Timestamp {
    /// - Parameters:
    ///   - time: nanoseconds since 1970.
    ///   - isFine: whether microseconds are written, or whole seconds.
    static func append(_ time: Int64, to text: inout [UInt8], isFine: Bool = true) {
        let seconds = time.quotientRoundedDown(1_000_000_000)
        let days = seconds.quotientRoundedDown(86400)
        let (year, month, day) = date(days)
        let second = Int(seconds - days * 86400)
        append(year, digits: 4, to: &text)
        for (separator, number) in [
            (UInt8(ascii: "-"), month), (UInt8(ascii: "-"), day), (UInt8(ascii: "T"), second / 3600),
            (UInt8(ascii: ":"), second / 60 % 60), (UInt8(ascii: ":"), second % 60),
        ] {
            text.append(separator)
            append(number, digits: 2, to: &text)
        }
        if isFine {
            text.append(UInt8(ascii: "."))
            append(Int(time - seconds * 1_000_000_000) / 1000, digits: 6, to: &text)
        }
        text.append(UInt8(ascii: "Z"))
    }

    public static func text(_ time: Int64, isFine: Bool = true) -> String {
        var text: [UInt8] = []
        append(time, to: &text, isFine: isFine)
        return String(decoding: text, as: UTF8.self)
    }

    /// Nanoseconds since 1970 of a date (`2026-11-22`), or of a date and time with or without fractions and a zone.
    ///
    /// - Returns: `nil` for anything else, and for a moment that is too far away: before 1677 or after 2262.
    public static func parse(_ text: String) -> Int64? {
        var rest = Array(text.utf8)[...]
        func number(_ digits: Int) -> Int64? {
            let part = rest.prefix(digits)
            guard part.count == digits, part.allSatisfy({ (48...57).contains($0) }) else { return nil }
            rest = rest.dropFirst(digits)
            return part.reduce(0) { $0 * 10 + Int64($1 - 48) }
        }
        func take(_ characters: String) -> Bool {
            guard let next = rest.first, characters.utf8.contains(next) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let days = Timestamp.days(year: year, month: month, day: day)
        // A month may have fewer.
        guard date(days).day == day else { return nil }
        var seconds = days * 86400
        var fraction: Int64 = 0
        if !rest.isEmpty {
            guard take("Tt "), let hour = number(2), take(":"), let minute = number(2), hour < 24, minute < 60 else {
                return nil
            }
            seconds += hour * 3600 + minute * 60
            if take(":") {
                guard let second = number(2), second <= 60 else { return nil }
                seconds += second
            }
            if take(".") {
                var unit: Int64 = 100_000_000
                guard let first = number(1) else { return nil }
                fraction = first * unit
                while let digit = number(1) {
                    unit /= 10
                    fraction += digit * unit
                }
            }
            if !rest.isEmpty, !take("Zz") {
                let sign: Int64 = rest.first == UInt8(ascii: "-") ? 1 : -1
                guard take("+-"), let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60
                else { return nil }
                seconds += sign * (hours * 3600 + minutes * 60)
            }
        }
        let (whole, isTooFar) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (time, isBeyond) = whole.addingReportingOverflow(fraction)
        return rest.isEmpty && !isTooFar && !isBeyond ? time : nil
    }

    private static func append(_ number: Int, digits: Int, to text: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    // The Gregorian calendar in eras of 400 years, which all have the same number of days, with March as the first month.

    private static func date(_ daysSince1970: Int64) -> (year: Int, month: Int, day: Int) {
        let days = daysSince1970 + 719_468
        let era = days.quotientRoundedDown(146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (Int(yearOfEra + era * 400 + (month <= 2 ? 1 : 0)), Int(month), Int(day))
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year.quotientRoundedDown(400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    fileprivate func quotientRoundedDown(_ divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : (self + 1) / divisor - 1
    }
}
