// Tries one operation on one path. Prints "ok", or the errno by name behind the call that failed.
//
//   attempt stat|list|open|read PATH
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *call)
{
    printf("%s: %s\n", call, strerrorname_np(errno));
    return 0;
}

int main(int count, char **arguments)
{
    if (count != 3) return 64;
    const char *operation = arguments[1], *path = arguments[2];
    if (strcmp(operation, "stat") == 0) {
        struct stat status;
        if (stat(path, &status) != 0) return failed("stat");
    } else if (strcmp(operation, "list") == 0) {
        DIR *stream = opendir(path);
        if (!stream) return failed("opendir");
        errno = 0;
        while (readdir(stream)) errno = 0;
        if (errno) return failed("readdir");
    } else {
        int file = open(path, O_RDONLY);
        if (file < 0) return failed("open");
        char buffer[65536];
        ssize_t received = 1;
        while (strcmp(operation, "read") == 0 && received > 0) received = read(file, buffer, sizeof buffer);
        if (received < 0) return failed("read");
    }
    printf("ok\n");
    return 0;
}
