// Reads files of a mount in one way until a file appears, and checks every byte. Whatever happens to the server meanwhile,
// no call may fail.
//
//     survivor WAY FOLDER FILES STOP
//
// WAY: sequential, pread or mmap open each file anew; hold keeps all of them open and mapped; list lists the folder and asks
// for the status of each. Prints how many reads there were, and by which process, and ends with 0, or says what was wrong and ends with 1.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { most = 256 };
static char content[1 << 16], expected[1 << 16];
static const char *folder;
static long files, reads;

// The text of a file; the test makes the same.
static long make(long file)
{
    long filler = 40 + file * 97 % 9000;
    long used = sprintf(expected, "%ld ", file);
    memset(expected + used, 'a' + file % 26, filler);
    return used + filler;
}

static void fail(long file, const char *what)
{
    printf("key%ld: %s (%m): %.40s\n", file, what, content);
    exit(1);
}

static void check(long file, const char *bytes, long count)
{
    if (count < 0) fail(file, "cannot be read");
    if (count != make(file)) fail(file, "has another size");
    if (memcmp(bytes, expected, count)) fail(file, "has other bytes");
    reads++;
}

static int open_file(long file)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/key%ld", folder, file);
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0) fail(file, "cannot be opened");
    return descriptor;
}

static void read_sequentially(long file, int descriptor)
{
    long used = 0, count;
    while ((count = read(descriptor, content + used, 777)) > 0) used += count;
    check(file, content, count < 0 ? -1 : used);
}

static char *map(long file, int descriptor)
{
    char *bytes = mmap(NULL, make(file), PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED) fail(file, "cannot be mapped");
    return bytes;
}

static void list(void)
{
    DIR *stream = opendir(folder);
    if (!stream) fail(0, "the folder cannot be opened");
    long found = 0;
    for (struct dirent *entry; (entry = readdir(stream));) {
        struct stat status;
        if (fstatat(dirfd(stream), entry->d_name, &status, 0)) fail(found, "has no status");
        if (entry->d_name[0] != '.') found++;
    }
    closedir(stream);
    if (found != files) fail(found, "is the number of files that the folder lists");
    reads++;
}

int main(int count, char **words)
{
    if (count != 5) return 64;
    const char *way = words[1];
    folder = words[2];
    files = atol(words[3]);
    int held[most];
    char *maps[most];
    if (files > most) return 64;
    srandom(getpid());
    if (!strcmp(way, "hold"))
        for (long file = 0; file < files; file++) maps[file] = map(file, held[file] = open_file(file));
    while (access(words[4], F_OK)) {
        long file = random() % files;
        if (!strcmp(way, "list")) {
            list();
        } else if (!strcmp(way, "hold")) {
            check(file, content, pread(held[file], content, sizeof content, 0));
            check(file, maps[file], make(file));
        } else {
            int descriptor = open_file(file);
            if (!strcmp(way, "sequential")) {
                read_sequentially(file, descriptor);
            } else if (!strcmp(way, "pread")) {
                check(file, content, pread(descriptor, content, sizeof content, 0));
            } else {
                char *bytes = map(file, descriptor);
                check(file, bytes, make(file));
                munmap(bytes, make(file));
            }
            if (close(descriptor)) fail(file, "cannot be closed");
        }
    }
    printf("%ld %d\n", reads, getpid());
    return 0;
}
