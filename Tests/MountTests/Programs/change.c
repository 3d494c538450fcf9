// Puts a file in the place of another, and waits until a third one has a new content. Prints the microseconds it took.
//
//   change NEW OLD FILE TEXT
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS = 20 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

int main(int count, char **arguments)
{
    if (count != 5) return 64;
    char buffer[4096];
    const char *text = arguments[4];
    double start = now();
    if (rename(arguments[1], arguments[2]) != 0) {
        perror("rename");
        return 1;
    }
    while (now() - start < SECONDS * 1e6) {
        int file = open(arguments[3], O_RDONLY);
        if (file < 0) {
            perror("open");
            return 1;
        }
        ssize_t received = read(file, buffer, sizeof buffer);
        close(file);
        if (received == (ssize_t)strlen(text) && memcmp(buffer, text, received) == 0) {
            printf("%.0f\n", now() - start);
            return 0;
        }
        usleep(200);
    }
    fprintf(stderr, "not seen in %d seconds\n", SECONDS);
    return 1;
}
