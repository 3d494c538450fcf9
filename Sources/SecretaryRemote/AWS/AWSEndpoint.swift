internal import SecretaryCore

/// Where a service of AWS is.
enum AWSEndpoint {
    /// The URL of a service in a region, or the one that is set instead: `AWS_ENDPOINT_URL_KMS` and its like, then
    /// `AWS_ENDPOINT_URL`, then the profile's.
    /// - Throws: `.usage` for what is no region, and for what is no URL.
    static func url(
        service: String, region: String, environment: AWSEnvironment, configured: String? = nil
    ) throws(SecretaryError) -> String {
        guard !region.isEmpty, region.utf8.allSatisfy(isRegionCharacter) else {
            throw SecretaryError(
                .usage, "'\(AWSFailureText.shown(region))' is no AWS region", hint: "regions look like eu-west-1")
        }
        let set = environment["AWS_ENDPOINT_URL_\(service.uppercased())"] ?? environment["AWS_ENDPOINT_URL"]
        if let set = set ?? configured {
            _ = try HTTPURL(parsing: set)
            return HTTPURL.join(set, "/")
        }
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        return "https://\(service).\(region).\(domain)/"
    }

    private static func isRegionCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

enum AWSFailureText {
    /// What AWS says about a failure, as it may be shown: short, and without control characters.
    static func shown(_ text: String) -> String {
        let safe = String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
        return safe.count > 300 ? "\(safe.prefix(300))…" : safe
    }
}

extension HTTPSettings {
    /// For addresses that are only known on this host.
    static func withoutProxy(connectTimeout: Duration) -> HTTPSettings {
        var settings = HTTPSettings()
        settings.proxy = .none
        settings.connectTimeout = connectTimeout
        return settings
    }
}
