// libcurl's declarations. The library itself is loaded when the first request is made, so its functions are called through
// the pointers that dlsym(3) gives; those that C declares variadic, which Swift cannot call, through the functions below.
#include <curl/curl.h>
#include <malloc.h>

typedef CURLcode (*ccurl_global_init_mem)(long, curl_malloc_callback, curl_free_callback, curl_realloc_callback,
                                          curl_strdup_callback, curl_calloc_callback);
typedef CURL *(*ccurl_easy_init)(void);
typedef CURLcode (*ccurl_easy_perform)(CURL *);
typedef void (*ccurl_easy_reset)(CURL *);
typedef void (*ccurl_easy_cleanup)(CURL *);
typedef const char *(*ccurl_easy_strerror)(CURLcode);
typedef struct curl_slist *(*ccurl_slist_append)(struct curl_slist *, const char *);
typedef void (*ccurl_slist_free_all)(struct curl_slist *);
typedef CURLcode (*ccurl_easy_setopt)(CURL *, CURLoption, ...);
typedef CURLcode (*ccurl_easy_getinfo)(CURL *, CURLINFO, ...);

static inline CURLcode ccurl_set_long(ccurl_easy_setopt set, CURL *handle, CURLoption option, long value) {
    return set(handle, option, value);
}
static inline CURLcode ccurl_set_size(ccurl_easy_setopt set, CURL *handle, CURLoption option, curl_off_t value) {
    return set(handle, option, value);
}
static inline CURLcode ccurl_set_string(ccurl_easy_setopt set, CURL *handle, CURLoption option, const char *value) {
    return set(handle, option, value);
}
static inline CURLcode ccurl_set_pointer(ccurl_easy_setopt set, CURL *handle, CURLoption option, const void *value) {
    return set(handle, option, value);
}
/// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
static inline CURLcode ccurl_set_receiver(ccurl_easy_setopt set, CURL *handle, CURLoption option,
                                          size_t (*value)(char *, size_t, size_t, void *)) {
    return set(handle, option, value);
}
static inline CURLcode ccurl_set_socket_setup(ccurl_easy_setopt set, CURL *handle,
                                              int (*value)(void *, curl_socket_t, curlsocktype)) {
    return set(handle, CURLOPT_SOCKOPTFUNCTION, value);
}
static inline CURLcode ccurl_get_long(ccurl_easy_getinfo get, CURL *handle, CURLINFO info, long *value) {
    return get(handle, info, value);
}
