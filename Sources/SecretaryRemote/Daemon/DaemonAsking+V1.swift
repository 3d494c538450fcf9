internal import SecretaryCore

extension DaemonAsking {
    /// One request for each secret, one after the other on one connection.
    func askV1(_ daemon: Daemon, _ openings: ArraySlice<Opening>, patience: Duration) throws(DaemonFailure)
        -> [SecretaryError?]
    {
        var errors: [SecretaryError?] = []
        for opening in openings { errors.append(try askV1(daemon, opening, patience: patience)) }
        return errors
    }

    /// - Returns: why this secret was not opened.
    /// - Throws: when the others would not be, either.
    private func askV1(_ daemon: Daemon, _ opening: Opening, patience: Duration) throws(DaemonFailure)
        -> SecretaryError?
    {
        let body: [UInt8]
        do throws(SecretaryError) {
            let secret = RequestedSecret(name: nil, envelope: opening.envelope)
            body = try WireV1.Request(claim: claim, secret: secret).sealed(with: agreement).body
        } catch {
            throw .final(error)
        }
        let response = try post(
            daemon, WireV1.path, contentType: WireV1.contentType, body: body,
            // Three times in base64.
            limit: opening.envelope.plaintextCount * 3, patience: patience)
        guard response.status == 200 else { return try DaemonAsking.refusalV1(response, by: daemon) }
        do throws(SecretaryError) {
            try unsafe WireV1.Answer.open(response.body, with: agreement, into: opening.target)
            return nil
        } catch {
            throw failure(inAnswerOf: daemon, error)
        }
    }

    /// What an error of version 1 means.
    ///
    /// Its text is compared with the few that matter and never shown: an original daemon may put the answer of its back end
    /// there, with the app's variables.
    private static func refusalV1(_ response: borrowing HTTPResponse, by daemon: Daemon) throws(DaemonFailure)
        -> SecretaryError
    {
        func says(_ text: String) -> Bool {
            unsafe response.body.withUnsafeBytes { unsafe contains($0, Array(text.utf8)) }
        }
        let host = daemon.host
        switch response.status {
        case 400 where says("Failed to decrypt plaintext secret"):
            return SecretaryError(.wrongKey, "\(host) has no key that opens it")
        case 400 where says("Failed to authenticate/decrypt request"):
            throw .final(
                SecretaryError(.wrongKey, "\(host) does not accept the task's keys", hint: DaemonFailure.keyHint))
        case 400:
            throw .final(
                SecretaryError(.malformed, "\(host) does not understand the request", hint: DaemonFailure.taskHint))
        case 401:
            return SecretaryError(.denied, "\(host) refuses: it is not part of the app's configuration")
        case 500 where says("is not running"):
            throw .final(
                SecretaryError(.denied, "\(host) knows no such task that is running", hint: DaemonFailure.taskHint))
        case let status: throw DaemonFailure(status: status, from: host)
        }
    }

    private static func contains(_ text: UnsafeRawBufferPointer, _ part: [UInt8]) -> Bool {
        guard text.count >= part.count else { return false }
        return (0...text.count - part.count).contains { start in
            unsafe text[start..<start + part.count].elementsEqual(part)
        }
    }
}
