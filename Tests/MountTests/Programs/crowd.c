// Reads a mount with many processes in every way at once, while its worker may die and its source may change.
//
//     crowd FOLDER FILES PROCESSES STOP
//
// What was opened may be gone by the time it is read: then a call may fail, but it must return. What is read must be right.
// Ends when the file STOP is there, and says how many reads there were, if every process has ended by itself.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char content[1 << 16], expected[1 << 16];
static sigjmp_buf fault;

// The text of a file; the test makes the same.
static long make(long file)
{
    long filler = 40 + file * 97 % 9000;
    long used = sprintf(expected, "%ld ", file);
    memset(expected + used, 'a' + file % 26, filler);
    return used + filler;
}

static void check(long file, const char *bytes, long count)
{
    if (count == make(file) && !memcmp(bytes, expected, count)) return;
    printf("key%ld: wrong: %.40s\n", file, bytes);
    _exit(1);
}

static void handle(int number)
{
    (void)number;
    siglongjmp(fault, 1);
}

static int read_once(const char *folder, long files)
{
    char path[4096];
    // Static, so that it outlives the jump.
    static long file;
    file = random() % files;
    long way = random() % 8;
    struct stat status;
    if (way == 0) {
        DIR *stream = opendir(folder);
        for (struct dirent *entry; stream && (entry = readdir(stream));)
            fstatat(dirfd(stream), entry->d_name, &status, 0);
        if (stream) closedir(stream);
        return 1;
    }
    // Half of all read the same file.
    snprintf(path, sizeof path, "%s/key%ld", folder, file = way % 2 ? 0 : file);
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0) return 0;
    int done = 0;
    if (way < 5) {
        char *bytes = mmap(NULL, make(file), PROT_READ, MAP_PRIVATE, descriptor, 0);
        // A page that cannot be read is a signal.
        if (bytes != MAP_FAILED && !sigsetjmp(fault, 1)) {
            check(file, bytes, make(file));
            done = 1;
        }
        if (bytes != MAP_FAILED) munmap(bytes, make(file));
    } else {
        long count = pread(descriptor, content, sizeof content, 0);
        if (count >= 0) check(file, content, count);
        done = count >= 0;
        // The next read asks the server again.
        if (way == 7) posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    }
    close(descriptor);
    return done;
}

int main(int count, char **words)
{
    if (count != 5) return 64;
    int pipes[2];
    if (pipe(pipes)) return 71;
    signal(SIGBUS, handle);
    for (long number = atol(words[3]); number > 0; number--) {
        if (fork()) continue;
        srandom(getpid());
        long reads = 0;
        while (access(words[4], F_OK)) reads += read_once(words[1], atol(words[2]));
        if (write(pipes[1], &reads, sizeof reads) != sizeof reads) return 74;
        return 0;
    }
    close(pipes[1]);
    long sum = 0, reads;
    while (read(pipes[0], &reads, sizeof reads) == sizeof reads) sum += reads;
    for (int status; wait(&status) > 0;)
        if (status) return 1;
    printf("%ld\n", sum);
    return 0;
}
