// Reads files of a mount for a time and checks that each read gives one value, whole: a value says whose it is, which
// version, and how long; the rest follows from that.
//
//     stress-reader FOLDER FILES VERSIONS SECONDS SEED
//
// Prints how many reads there were and ends with 0, or says what was wrong and ends with 1.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char content[1 << 16], expected[1 << 16];

// The text of a version of a file; the test makes the same.
static long make(char *text, long file, long version)
{
    long filler = 40 + (file * 7 + version * 131) % 5000;
    long used = sprintf(text, "%ld %ld ", file, version);
    memset(text + used, 'a' + (file + version) % 26, filler);
    return used + filler;
}

static int fail(const char *path, const char *what, long count)
{
    printf("%s: %s (%m), %ld bytes: %.60s\n", path, what, count, content);
    return 1;
}

// Reads to the end, in one of three ways.
static long read_all(int descriptor, int way, long size)
{
    if (way == 0) {
        long used = 0, count;
        while ((count = read(descriptor, content + used, 777)) > 0) used += count;
        return count < 0 ? -1 : used;
    }
    if (way == 1) return pread(descriptor, content, sizeof content, 0);
    char *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (map == MAP_FAILED) return -1;
    memcpy(content, map, size);
    munmap(map, size);
    return size;
}

int main(int count, char **words)
{
    if (count != 6) return 64;
    long files = atol(words[2]), versions = atol(words[3]), reads = 0;
    time_t end = time(NULL) + atol(words[4]);
    srandom(atoi(words[5]));
    while (time(NULL) < end) {
        for (long round = 0; round < files; round++) {
            long file = random() % files, found, version;
            char path[4096];
            snprintf(path, sizeof path, "%s/key%ld", words[1], file);
            memset(content, 0, 64);
            int descriptor = open(path, O_RDONLY);
            if (descriptor < 0) return fail(path, "cannot be opened", 0);
            struct stat status;
            if (fstat(descriptor, &status)) return fail(path, "has no status", 0);
            long bytes = read_all(descriptor, random() % 3, status.st_size);
            if (bytes < 0) return fail(path, "cannot be read", 0);
            if (bytes != status.st_size) return fail(path, "has another size than it says", bytes);
            if (sscanf(content, "%ld %ld ", &found, &version) != 2) return fail(path, "is no value", bytes);
            if (found != file || version < 0 || version >= versions) return fail(path, "is another's", bytes);
            if (make(expected, file, version) != bytes || memcmp(content, expected, bytes))
                return fail(path, "is a mix", bytes);
            close(descriptor);
            reads++;
        }
    }
    printf("%ld\n", reads);
    return 0;
}
