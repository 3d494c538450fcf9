internal import CCurl
internal import Glibc

/// libcurl's memory: the system's, zeroed before it is freed.
///
/// libcurl copies what it is given (passwords, headers with tokens) and buffers what it receives (data keys). Nothing of
/// that is left in freed memory.
enum CurlMemory {
    /// `CURL_GLOBAL_ALL`, which is a macro.
    static let everything = Int(CURL_GLOBAL_SSL | CURL_GLOBAL_WIN32)

    static let allocate: curl_malloc_callback = { count in unsafe malloc(count) }

    static let allocateZeroed: curl_calloc_callback = { count, size in unsafe calloc(count, size) }

    static let duplicate: curl_strdup_callback = { text in
        guard let text = unsafe text else { return nil }
        return unsafe strdup(text)
    }

    static let free: curl_free_callback = { memory in
        guard let memory = unsafe memory else { return }
        unsafe explicit_bzero(memory, malloc_usable_size(memory))
        unsafe Glibc.free(memory)
    }

    static let reallocate: curl_realloc_callback = { memory, count in
        guard let memory = unsafe memory else { return unsafe malloc(count) }
        guard let moved = unsafe malloc(count) else { return nil }
        unsafe memcpy(moved, memory, min(count, malloc_usable_size(memory)))
        unsafe CurlMemory.free(memory)
        return unsafe moved
    }
}
