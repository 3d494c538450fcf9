import HTTPTypes
import HummingbirdCore
import NIOCore

/// What a client gets: always short, or sealed.
struct Answer {
    var status: Int
    var contentType = Answer.plainText
    var body: [UInt8]
    var retryAfter: Int?
    var allow: String?

    static let plainText = "text/plain; charset=utf-8"

    init(_ status: Int, _ text: String, contentType: String = Answer.plainText) {
        self.init(status, body: Array(text.utf8), contentType: contentType)
    }

    init(_ status: Int, body: [UInt8], contentType: String = Answer.plainText) {
        self.status = status
        self.body = body
        self.contentType = contentType
    }

    /// An error as Go's `http.Error` writes it, which the original uses.
    static func error(_ status: Int, _ text: String, retryAfter: Int? = nil) -> Answer {
        var answer = Answer(status, text + "\n")
        answer.retryAfter = retryAfter
        return answer
    }

    /// - Parameter isLast: whether the connection is to be closed by the client.
    func head(isLast: Bool) -> HTTPResponse {
        var head = HTTPResponse(status: HTTPResponse.Status(code: status))
        head.headerFields[.contentType] = contentType
        head.headerFields[.contentLength] = String(body.count)
        head.headerFields[.cacheControl] = "no-store"
        if status >= 400 { head.headerFields[.xContentTypeOptions] = "nosniff" }
        if let retryAfter { head.headerFields[.retryAfter] = String(retryAfter) }
        if let allow { head.headerFields[.allow] = allow }
        if isLast { head.headerFields[.connection] = "close" }
        return head
    }
}
