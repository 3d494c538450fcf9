import HTTPTypes
import NIOCore
import SecretaryServer

/// What is sent for a request.
struct PluginAnswer: Sendable {
    let status: Int
    let contentType: String
    let body: ByteBuffer

    init(status: Int, contentType: String, body: ByteBuffer) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    init(_ reply: VolumeReply) {
        self.init(
            status: reply.status, contentType: VolumeReply.contentType, body: ByteBuffer(string: reply.body))
    }

    init(metrics text: String) {
        self.init(status: 200, contentType: PrometheusText.contentType, body: ByteBuffer(string: text))
    }

    var head: HTTPResponse {
        var head = HTTPResponse(status: HTTPResponse.Status(code: status))
        head.headerFields[.contentType] = contentType
        head.headerFields[.contentLength] = String(body.readableBytes)
        return head
    }
}
