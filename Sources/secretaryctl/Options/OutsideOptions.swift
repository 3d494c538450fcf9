import ArgumentParser
import SecretaryCore

/// How a mount deals with a daemon or a key service that has to open its secrets.
struct OutsideOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "So long a value that the daemon or AWS KMS has opened is served without asking again.",
            valueName: "seconds"))
    var fresh = 10

    @Option(
        help: ArgumentHelp(
            "So long it is served while they do not answer; until then its plaintext stays in memory.",
            discussion: "0: nothing is kept. A refusal ends it at once.", valueName: "seconds"))
    var stale = 3600

    @Flag(help: "Ask for all values before they are read, so that they are there if nobody answers later.")
    var prefetch = false

    @Flag(
        help: ArgumentHelp(
            "Open KMS envelopes with AWS KMS: the server may then connect to other machines.",
            discussion: "Not needed where a variable such as $AWS_REGION is set."))
    var kms = false

    /// - Throws: what the parser shows, when a number makes no sense.
    func validate() throws {
        if !(0...86400).contains(fresh) { throw ValidationError("--fresh takes 0 to 86400 seconds.") }
        if !(0...604_800).contains(stale) { throw ValidationError("--stale takes 0 to 604800 seconds.") }
        if stale > 0, fresh > stale { throw ValidationError("--fresh cannot be longer than --stale.") }
        if prefetch, stale == 0 { throw ValidationError("--prefetch does not go with --stale 0, which keeps nothing.") }
    }

    var policy: OutagePolicy {
        OutagePolicy(fresh: .seconds(stale == 0 ? 0 : fresh), stale: .seconds(stale), prefetches: prefetch)
    }

    /// Whether AWS KMS may be asked.
    var usesKMS: Bool { kms || Self.variables.contains { ProcessEnvironment.text($0)?.isEmpty == false } }

    /// By which somebody says that AWS is to be used; none is a secret.
    private static let variables = [
        "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY",
        "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KMS",
    ]
}
