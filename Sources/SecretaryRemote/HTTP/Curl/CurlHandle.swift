internal import CCurl
internal import Glibc
internal import SecretaryCore
internal import SystemPackage

/// An easy handle of libcurl, with its connections: one request at a time.
///
/// The C functions are `curl_easy_setopt`, `curl_easy_perform` and `curl_easy_getinfo`.
@safe final class CurlHandle: @unchecked Sendable {  // the pool gives it to one thread at a time
    private let curl: CurlLibrary
    private let handle: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let nothing = unsafe UnsafeRawPointer(StaticString("").utf8Start)
    private var errorText = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))

    init() throws(SecretaryError) {
        curl = try CurlLibrary.loaded()
        guard let handle = unsafe curl.makeHandle() else {
            throw SecretaryError(.system, "libcurl has no memory for a request")
        }
        unsafe self.handle = handle
    }

    deinit {
        unsafe curl.freeList(headers)
        unsafe curl.cleanUp(handle)
    }

    func set(_ option: CURLoption, _ value: Int) {
        _ = unsafe ccurl_set_long(curl.set, handle, option, value)
    }

    /// libcurl keeps a copy.
    func set(_ option: CURLoption, _ value: String) throws(SecretaryError) {
        try check(unsafe ccurl_set_string(curl.set, handle, option, value))
    }

    /// libcurl keeps a copy, until the next `reset`.
    func set(_ option: CURLoption, _ secret: borrowing SecretBytes) throws(SecretaryError) {
        let text = try secret.terminated()
        try check(
            unsafe text.withUnsafeBytes { bytes in
                unsafe ccurl_set_string(curl.set, handle, option, bytes.assumingMemoryBound(to: CChar.self).baseAddress)
            })
    }

    /// Takes a text back that libcurl has of itself.
    func clear(_ option: CURLoption) {
        _ = unsafe ccurl_set_pointer(curl.set, handle, option, nil)
    }

    private func check(_ status: CURLcode) throws(SecretaryError) {
        guard status != CURLE_OK else { return }
        throw SecretaryError(.unavailable, "libcurl refuses a setting: \(description(of: status))")
    }

    func description(of status: CURLcode) -> String {
        unsafe curl.describe(status).map { unsafe String(cString: $0) } ?? "error \(status.rawValue)"
    }

    /// Adds a header line.
    func add(header line: borrowing SecretBytes) throws(SecretaryError) {
        let text = try line.terminated()
        let list = unsafe text.withUnsafeBytes { bytes in
            unsafe curl.appendToList(headers, bytes.assumingMemoryBound(to: CChar.self).baseAddress)
        }
        guard let list = unsafe list else { throw SecretaryError(.system, "libcurl has no memory for a header") }
        unsafe headers = list
    }

    func add(header line: String) throws(SecretaryError) {
        let bytes = Array(line.utf8)
        try add(header: unsafe SecretBytes(count: bytes.count) { unsafe $0.copyBytes(from: bytes) })
    }

    /// Makes the request, and waits for the end of its answer.
    /// - Parameter body: is not copied.
    /// - Returns: libcurl's result, and what it says about it.
    func perform(body: UnsafeRawBufferPointer?, into reception: Reception) -> (status: CURLcode, text: String) {
        if let body = unsafe body {
            _ = unsafe ccurl_set_size(curl.set, handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            // Without an address libcurl would ask for the body piece by piece.
            _ = unsafe ccurl_set_pointer(curl.set, handle, CURLOPT_POSTFIELDS, body.baseAddress ?? nothing)
        }
        let context = unsafe Unmanaged.passUnretained(reception).toOpaque()
        _ = unsafe ccurl_set_pointer(curl.set, handle, CURLOPT_HTTPHEADER, headers)
        _ = unsafe ccurl_set_pointer(curl.set, handle, CURLOPT_WRITEDATA, context)
        _ = unsafe ccurl_set_pointer(curl.set, handle, CURLOPT_HEADERDATA, context)
        _ = unsafe ccurl_set_receiver(curl.set, handle, CURLOPT_WRITEFUNCTION, receiveBody)
        _ = unsafe ccurl_set_receiver(curl.set, handle, CURLOPT_HEADERFUNCTION, receiveHeader)
        _ = unsafe ccurl_set_socket_setup(curl.set, handle, closeOnExec)
        errorText[0] = 0
        let status = unsafe errorText.withUnsafeMutableBufferPointer { text in
            _ = unsafe ccurl_set_pointer(curl.set, handle, CURLOPT_ERRORBUFFER, text.baseAddress)
            return unsafe curl.perform(handle)
        }
        let text = String(decoding: errorText.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (status, text.isEmpty ? description(of: status) : text)
    }

    /// The answer's status.
    var responseStatus: Int {
        var status = 0
        _ = unsafe ccurl_get_long(curl.get, handle, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// Forgets everything about a request but the connection that it leaves.
    func reset() {
        unsafe curl.reset(handle)
        unsafe curl.freeList(headers)
        unsafe headers = nil
    }
}

// MARK: - Called by libcurl

private typealias Receiver = @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int

private let receiveBody: Receiver = { data, size, count, context in
    guard let data = unsafe data, let context = unsafe context else { return 0 }
    let piece = unsafe UnsafeMutableRawBufferPointer(start: data, count: size * count)
    let reception = unsafe Unmanaged<Reception>.fromOpaque(context).takeUnretainedValue()
    let isAccepted = unsafe reception.receive(UnsafeRawBufferPointer(piece))
    // libcurl's buffer lives as long as its handle, and is done with these bytes.
    unsafe explicit_bzero(data, piece.count)
    return isAccepted ? size * count : 0
}

private let receiveHeader: Receiver = { data, size, count, context in
    guard let data = unsafe data, let context = unsafe context else { return 0 }
    let line = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
    let reception = unsafe Unmanaged<Reception>.fromOpaque(context).takeUnretainedValue()
    return unsafe reception.receiveHeader(line) ? size * count : 0
}

/// No program that this one starts gets its connections.
private let closeOnExec: @convention(c) (UnsafeMutableRawPointer?, curl_socket_t, curlsocktype) -> Int32 = {
    _, socket, _ in
    fcntl(socket, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR
}

extension SecretBytes {
    /// The same with a NUL at its end, as C wants strings.
    fileprivate borrowing func terminated() throws(SecretaryError) -> SecretBytes {
        try unsafe SecretBytes(count: count + 1) { target in
            unsafe withUnsafeBytes { source in unsafe target.copyMemory(from: source) }
        }
    }
}
