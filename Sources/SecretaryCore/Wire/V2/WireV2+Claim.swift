extension WireV2 {
    /// App, version and task, each with its length in 2 bytes before it.
    static func encode(_ claim: TaskClaim) -> [UInt8] {
        [claim.app, claim.version, claim.id].flatMap { UInt16($0.utf8.count).networkBytes + Array($0.utf8) }
    }

    static func claim(from reader: inout WireReader) throws(SecretaryError) -> TaskClaim {
        try TaskClaim(
            app: reader.counted(2, limit: TaskClaim.maximumCount),
            version: reader.counted(2, limit: TaskClaim.maximumCount),
            id: reader.counted(2, limit: TaskClaim.maximumCount))
    }
}
