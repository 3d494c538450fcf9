import SecretaryCore
import SecretaryServer

/// How the daemon is: for load balancers, and for Prometheus.
struct Reports: Sendable {
    let keys: MasterKeys
    let vault: Vault?
    let authorizer: any Authorizer
    let audit: AuditJournal
    let limits: RequestLimits
    let connections: Connections
    let replays: ReplayGuard
    let metricsSource: Metrics

    /// Why requests cannot be answered at present, each in a word or two that may be known to everybody.
    private var obstacles: [String] {
        var obstacles: [String] = []
        if connections.isDraining { obstacles.append("draining") }
        if keys.isSealed { obstacles.append(vault?.status.progress ?? "sealed") }
        if audit.trouble != nil { obstacles.append("audit blocked") }
        if !authorizer.health().isServing { obstacles.append("authorizer \(authorizer.name) not available") }
        return obstacles
    }

    /// What needs somebody's attention although requests are answered; the log has the details.
    private var remarks: [String] {
        authorizer.health().problem == nil ? [] : ["authorizer \(authorizer.name) has a problem"]
    }

    var readiness: Answer {
        audit.probe()
        let obstacles = obstacles
        return obstacles.isEmpty
            ? Answer(200, "ready\n" + remarks.map { "warning: \($0)\n" }.joined())
            : Answer(503, obstacles.map { "not ready: \($0)\n" }.joined())
    }

    var metrics: Answer {
        var text = PrometheusText()
        addAnswers(to: &text)
        addSecrets(to: &text)
        addConnections(to: &text)
        addParts(to: &text)
        addProcess(to: &text)
        return Answer(200, text.text, contentType: PrometheusText.contentType)
    }

    private func addAnswers(to text: inout PrometheusText) {
        text.begin("secretaryd_requests_total", "counter", "Requests answered, by endpoint and HTTP status.")
        for (answer, count) in metricsSource.answerCounts {
            text.sample(
                "secretaryd_requests_total",
                [("endpoint", answer.endpoint.rawValue), ("code", String(answer.status))], count)
        }
        text.begin(
            "secretaryd_refusals_total", "counter", "Requests to decrypt that were refused as a whole, by reason.")
        for (reason, count) in metricsSource.refusalCounts {
            text.sample("secretaryd_refusals_total", [("reason", "\(reason)")], count)
        }
        text.add(
            "secretaryd_request_seconds", "How long requests to decrypt took.", metricsSource.duration)
        text.add("secretaryd_in_flight", "gauge", "Requests to decrypt that are being worked on.", limits.inFlight)
    }

    private func addSecrets(to text: inout PrometheusText) {
        text.begin("secretaryd_secrets_total", "counter", "Secrets asked for, by what became of them.")
        let results = [
            ("opened", metricsSource.opened), ("denied", metricsSource.denied), ("failed", metricsSource.failed),
        ]
        for (result, counter) in results {
            text.sample("secretaryd_secrets_total", [("result", result)], counter.value)
        }
        text.add(
            "secretaryd_warnings_total", "counter", "Secrets let out although the policy frowns on it.",
            metricsSource.warnings.value)
        text.add(
            "secretaryd_nonces", "gauge", "Requests that are remembered so that none is answered twice.", replays.count)
    }

    private func addConnections(to text: inout PrometheusText) {
        text.add("secretaryd_connections", "gauge", "Open connections.", connections.count)
        text.add("secretaryd_connections_total", "counter", "Connections accepted.", metricsSource.connections.value)
        text.add(
            "secretaryd_connections_refused_total", "counter", "Connections closed because there were too many.",
            metricsSource.refusedConnections.value)
        text.add(
            "secretaryd_connections_slow_total", "counter", "Connections closed because too little happened on them.",
            metricsSource.slowConnections.value)
    }

    private func addParts(to text: inout PrometheusText) {
        text.add("secretaryd_ready", "gauge", "Whether requests can be answered.", obstacles.isEmpty ? 1 : 0)
        text.add("secretaryd_sealed", "gauge", "Whether the master key is missing.", keys.isSealed ? 1 : 0)
        let sinks = audit.sinks
        text.begin("secretaryd_audit_records_total", "counter", "Audit records confirmed, by sink.")
        for sink in sinks { text.sample("secretaryd_audit_records_total", [("sink", sink.name)], sink.records) }
        text.begin("secretaryd_audit_missed_total", "counter", "Audit records that a sink did not take.")
        for sink in sinks { text.sample("secretaryd_audit_missed_total", [("sink", sink.name)], sink.missed) }
        text.add(
            "secretaryd_audit_blocked", "gauge", "Whether no audit record is confirmed.", audit.trouble == nil ? 0 : 1)
        let health = authorizer.health()
        text.begin("secretaryd_authorizer_up", "gauge", "Whether the authorizer can answer.")
        text.sample("secretaryd_authorizer_up", [("authorizer", authorizer.name)], health.isServing ? 1 : 0)
        text.begin(
            "secretaryd_authorizer_problem", "gauge", "Whether the authorizer reports a problem, serving or not.")
        text.sample(
            "secretaryd_authorizer_problem", [("authorizer", authorizer.name)], health.problem == nil ? 0 : 1)
        for counter in health.counters {
            let name = "secretaryd_\(counter.name)"
            text.add(name, counter.name.hasSuffix("_total") ? "counter" : "gauge", counter.help, counter.value)
        }
    }

    private func addProcess(to text: inout PrometheusText) {
        text.add("secretaryd_reloads_total", "counter", "Reloads that succeeded.", metricsSource.reloads.value)
        text.add(
            "secretaryd_reloads_failed_total", "counter", "Reloads that failed.", metricsSource.failedReloads.value)
        text.add(
            "secretaryd_unlocked_secrets_total", "counter", "Secrets in memory that could not be locked.",
            LockedMemory.failureCount)
        text.add(
            "process_start_time_seconds", "gauge", "When the process began, in seconds since 1970.",
            Double(metricsSource.begun / 1_000_000) / 1000)
        if let memory = ProcessSize.residentBytes {
            text.add("process_resident_memory_bytes", "gauge", "Memory in use.", memory)
        }
    }
}
