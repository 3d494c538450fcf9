import SecretaryServer

/// What became of the secrets that a swarm asked for, as Prometheus reads it.
final class SecretCounts: Sendable {
    let given = Counter()
    let denied = Counter()
    let failed = Counter()

    var text: String {
        let name = "secretary_docker_secrets_total"
        var text = PrometheusText()
        text.begin(name, "counter", "Secrets that a swarm asked for, by what became of it.")
        for (result, counter) in [("given", given), ("denied", denied), ("failed", failed)] {
            text.sample(name, [("result", result)], counter.value)
        }
        return text.text
    }
}
