internal import CCurl
internal import Glibc
internal import SecretaryCore

/// libcurl's functions, looked up when the first request is made: linking the library would slow every start down.
@safe struct CurlLibrary: @unchecked Sendable {  // functions
    let makeHandle: ccurl_easy_init
    let perform: ccurl_easy_perform
    let reset: ccurl_easy_reset
    let cleanUp: ccurl_easy_cleanup
    let describe: ccurl_easy_strerror
    let appendToList: ccurl_slist_append
    let freeList: ccurl_slist_free_all
    let set: ccurl_easy_setopt
    let get: ccurl_easy_getinfo

    /// The flavour on OpenSSL; other programs' flavours have other names.
    private static let name = "libcurl.so.4"

    /// - Throws: `.unavailable` when it cannot be loaded.
    static func loaded() throws(SecretaryError) -> CurlLibrary { try library.get() }

    private static let library = Result { () throws(SecretaryError) in try CurlLibrary() }

    private init() throws(SecretaryError) {
        guard let library = unsafe dlopen(CurlLibrary.name, RTLD_LAZY | RTLD_LOCAL) else {
            let reason = unsafe dlerror().map { unsafe String(cString: $0) } ?? "unknown reason"
            throw SecretaryError(
                .unavailable, "cannot load libcurl: \(reason)",
                hint: "install \(CurlLibrary.name): Debian's and Ubuntu's package libcurl4")
        }
        let initialize = try unsafe CurlLibrary.symbol(
            "curl_global_init_mem", in: library, as: ccurl_global_init_mem.self)
        unsafe makeHandle = try CurlLibrary.symbol("curl_easy_init", in: library)
        unsafe perform = try CurlLibrary.symbol("curl_easy_perform", in: library)
        unsafe reset = try CurlLibrary.symbol("curl_easy_reset", in: library)
        unsafe cleanUp = try CurlLibrary.symbol("curl_easy_cleanup", in: library)
        unsafe describe = try CurlLibrary.symbol("curl_easy_strerror", in: library)
        unsafe appendToList = try CurlLibrary.symbol("curl_slist_append", in: library)
        unsafe freeList = try CurlLibrary.symbol("curl_slist_free_all", in: library)
        unsafe set = try CurlLibrary.symbol("curl_easy_setopt", in: library)
        unsafe get = try CurlLibrary.symbol("curl_easy_getinfo", in: library)
        let status = unsafe initialize(
            CurlMemory.everything, CurlMemory.allocate, CurlMemory.free, CurlMemory.reallocate, CurlMemory.duplicate,
            CurlMemory.allocateZeroed)
        guard status == CURLE_OK else {
            throw SecretaryError(.unavailable, "libcurl cannot be initialised (error \(status.rawValue))")
        }
    }

    private static func symbol<Function>(
        _ name: String, in library: UnsafeMutableRawPointer, as type: Function.Type = Function.self
    ) throws(SecretaryError) -> Function {
        guard let address = unsafe dlsym(library, name) else {
            throw SecretaryError(.unavailable, "\(CurlLibrary.name) has no function \(name)")
        }
        return unsafe unsafeBitCast(address, to: Function.self)
    }
}
