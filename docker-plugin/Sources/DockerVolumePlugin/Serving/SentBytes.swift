import NIOCore

/// Zeroes what has been sent: an answer can have a secret in it, and memory that is freed keeps it.
///
/// Stands next to the socket, where all that is sent comes by as it is, and hears when the kernel has it, or will never have it.
final class SentBytes: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .byteBuffer(let buffer) = unwrapOutboundIn(data) else {
            return context.write(data, promise: promise)
        }
        let sent = promise ?? context.eventLoop.makePromise()
        sent.futureResult.whenComplete { _ in Self.zero(buffer) }
        context.write(data, promise: sent)
    }

    /// Zeroes the bytes themselves: others who hold the buffer, too, see it.
    ///
    /// A buffer that is written to by the usual way copies them first when somebody else has it.
    static func zero(_ buffer: ByteBuffer) {
        unsafe buffer.withUnsafeReadableBytes { bytes in
            let target = unsafe UnsafeMutableRawBufferPointer(mutating: bytes)
            unsafe target.initializeMemory(as: UInt8.self, repeating: 0)
        }
    }
}
