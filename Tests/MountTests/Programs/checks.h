// What the probes share: a table of named checks, each run in a process of its own, one line of output for each:
// NAME, a tab, and "ok" or the reason.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

struct check {
    const char *name;
    void (*run)(void);
};

// A check that takes longer hangs.
enum { SECONDS_PER_CHECK = 60 };

static const char *current;

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("%s\t", current);
    vprintf(format, arguments);
    printf("\n");
    fflush(stdout);
    _exit(1);
}

#define REQUIRE(condition, ...)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) fail(__VA_ARGS__);                                                                           \
    } while (0)

// For calls that answer -1 and an errno.
#define REQUIRE_CALL(result, what) REQUIRE((result) >= 0, "%s: %s", what, strerror(errno))

static inline void run_checks(const struct check *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        current = table[i].name;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            alarm(SECONDS_PER_CHECK);
            table[i].run();
            printf("%s\tok\n", current);
            fflush(stdout);
            _exit(0);
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child) fail("cannot run: %s", strerror(errno));
        if (WIFSIGNALED(status)) printf("%s\tended by signal %d\n", current, WTERMSIG(status));
    }
}

static inline int open_or_fail(const char *path, int flags)
{
    int descriptor = open(path, flags | O_CLOEXEC);
    REQUIRE(descriptor >= 0, "open of %s: %s", path, strerror(errno));
    return descriptor;
}

// All of an ordinary file.
static inline unsigned char *contents(const char *path, size_t *size)
{
    int descriptor = open_or_fail(path, O_RDONLY);
    struct stat status;
    REQUIRE_CALL(fstat(descriptor, &status), "fstat");
    unsigned char *bytes = malloc(status.st_size + 1);
    REQUIRE(bytes, "out of memory");
    size_t used = 0;
    while (used < (size_t)status.st_size) {
        ssize_t count = read(descriptor, bytes + used, status.st_size - used);
        REQUIRE(count > 0, "cannot read %s", path);
        used += count;
    }
    close(descriptor);
    *size = used;
    return bytes;
}
