// Opens a file and reads it, and answers a signal without restarting the call. Prints its own number, how it went, as "attempt"
// does, and after how many milliseconds.
//
//   interrupted PATH
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void ignore(int number) { (void)number; }

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int count, char **arguments)
{
    if (count != 2) return 64;
    struct sigaction action = {.sa_handler = ignore};
    sigaction(SIGUSR1, &action, NULL);
    printf("%d ", getpid());
    fflush(stdout);
    char buffer[4096];
    const char *call = "open";
    long began = milliseconds();
    int file = open(arguments[1], O_RDONLY);
    ssize_t received = -1;
    if (file >= 0) {
        call = "read";
        received = read(file, buffer, sizeof buffer);
    }
    const char *result = received < 0 ? strerrorname_np(errno) : "ok";
    printf("%s: %s after %ld\n", call, result, milliseconds() - began);
    return 0;
}
