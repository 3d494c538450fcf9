// Changes two files of a source for a while: FIRST by renaming, SECOND in place and in pieces. Meanwhile looks at the
// mounted files of SECOND: a folder with NAMES names, each a file that begins with the name itself.
//
//   churn FIRST FIRST-NEW SECOND SECOND-CONTENT FOLDER NAMES SECONDS
//
// FIRST-NEW is copied and renamed over FIRST, SECOND-CONTENT is written to SECOND, again and again. Prints how often it
// changed and looked; ends with 1, saying what was wrong, when something was ever missing.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void stop(int signal) { stopped = signal; }

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "%s: %s: %s\n", what, name, strerror(errno));
    exit(1);
}

static char *contents(const char *path, size_t *size)
{
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) fail("open", path);
    char *bytes = malloc(status.st_size + 1);
    if (!bytes || read(file, bytes, status.st_size) != status.st_size) fail("read", path);
    close(file);
    *size = status.st_size;
    return bytes;
}

static void write_out(const char *path, int flags, const char *bytes, size_t size, size_t piece)
{
    int file = open(path, O_WRONLY | flags, 0644);
    if (file < 0) fail("open", path);
    for (size_t at = 0; at < size; at += piece) {
        size_t count = size - at < piece ? size - at : piece;
        usleep(300);
        if (write(file, bytes + at, count) != (ssize_t)count) fail("write", path);
    }
    close(file);
}

// How many seconds are over.
static double elapsed(const struct timespec *start)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (time.tv_sec - start->tv_sec) + (time.tv_nsec - start->tv_nsec) / 1e9;
}

static void look(const char *path, int names)
{
    DIR *stream = opendir(path);
    if (!stream) fail("opendir", path);
    int found = 0;
    struct dirent *entry;
    while ((entry = readdir(stream))) {
        if (entry->d_name[0] == '.') continue;
        found++;
        int file = openat(dirfd(stream), entry->d_name, O_RDONLY);
        char buffer[64] = "";
        if (file < 0 || read(file, buffer, sizeof buffer - 1) < 1) fail("no content", entry->d_name);
        if (strncmp(buffer, entry->d_name, strlen(entry->d_name)) != 0) fail("other content", entry->d_name);
        close(file);
    }
    closedir(stream);
    if (found != names) {
        fprintf(stderr, "%d names of %d\n", found, names);
        exit(1);
    }
}

int main(int count, char **arguments)
{
    if (count != 8) return 64;
    size_t first_size, second_size;
    char *first = contents(arguments[2], &first_size), *second = contents(arguments[4], &second_size);
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    double seconds = atof(arguments[7]);
    char staged[4096];
    snprintf(staged, sizeof staged, "%s.staged", arguments[2]);

    // Writers end with a whole file; when this process ends early, they end too.
    signal(SIGTERM, stop);
    pid_t renaming = fork();
    if (renaming == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        while (!stopped) {
            write_out(staged, O_CREAT | O_TRUNC, first, first_size, first_size);
            if (rename(staged, arguments[1]) != 0) fail("rename", arguments[1]);
            usleep(3000);
        }
        _exit(0);
    }
    pid_t writing = fork();
    if (writing == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        for (int i = 0; !stopped; i++) {
            write_out(arguments[3], O_TRUNC, second, second_size, second_size / 5 + 1);
            usleep(i % 8 == 0 ? 40000 : 2000);
        }
        _exit(0);
    }
    int looks = 0, status = 0;
    for (; elapsed(&start) < seconds && waitpid(-1, &status, WNOHANG) == 0; looks++) look(arguments[5], atoi(arguments[6]));
    kill(renaming, SIGTERM);
    kill(writing, SIGTERM);
    while (wait(NULL) > 0) {}
    printf("%d looks\n", looks);
    return elapsed(&start) < seconds;
}
