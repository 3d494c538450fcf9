extension AuditText {
    /// What a record says, beside its number, time and event.
    mutating func add(_ record: AuditRecord) {
        add("mount", record.mount)
        add("secret", record.secret)
        add("digest", record.digest)
        add("scope", record.scope)
        add("generation", record.generation)
        if let decision = record.decision {
            add("decision", decision.isAllowed ? "allow" : "deny")
            add("rule", decision.rule)
        }
        if let reader = record.reader { add(reader) }
        if let task = record.task { add(task) }
        add("remote", record.remote)
        add("reason", record.reason)
    }

    private mutating func add(_ task: AuditTask) {
        add("app", task.app)
        add("version", task.version)
        add("task", task.id)
    }

    private mutating func add(_ reader: ReaderProcess) {
        add("uid", UInt64(reader.uid))
        add("gid", UInt64(reader.gid))
        add("pid", UInt64(clamping: reader.pid))
        add("pid_start", reader.startTime)
        add("exe", reader.executable)
        add("container", reader.container)
        if let facts = reader.facts {
            add("image", facts.image)
            add("service", facts.service)
            add("task", facts.task)
            add("engine", facts.trouble)
        }
        add("cgroup", reader.cgroup)
    }
}
