// Has every file of a mount be opened once more, and at the same time be read through a handle that is there already.
//
//     reopen FOLDER FILES GO
//
// Opens all, says so, and waits for the file GO; then a process opens each file anew, and a moment later another one reads
// each by the first handle. Ends with 0 when all calls have returned what they should.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most = 256 };
static int held[most];

static int open_file(const char *folder, long file)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/key%ld", folder, file);
    return open(path, O_RDONLY);
}

static int read_file(int descriptor)
{
    char content[1 << 16];
    return descriptor >= 0 && pread(descriptor, content, sizeof content, 0) > 0 ? 0 : 1;
}

int main(int count, char **words)
{
    if (count != 4) return 64;
    long files = atol(words[2]);
    for (long file = 0; file < files; file++) {
        if ((held[file] = open_file(words[1], file)) < 0) return 66;
        posix_fadvise(held[file], 0, 0, POSIX_FADV_DONTNEED);
    }
    printf("opened\n");
    fflush(stdout);
    while (access(words[3], F_OK)) usleep(1000);
    for (long file = 0; file < files; file++)
        if (!fork()) return read_file(open_file(words[1], file));
    // So that all opens are asked for before the first read is.
    usleep(300000);
    for (long file = 0; file < files; file++)
        if (!fork()) return read_file(held[file]);
    printf("asked\n");
    fflush(stdout);
    int failures = 0;
    for (int status; wait(&status) > 0;) failures += status != 0;
    printf("%d failures\n", failures);
    return failures > 0;
}
