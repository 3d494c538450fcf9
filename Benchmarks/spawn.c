// How long commands take from posix_spawn to exit, measured side by side: one run of each in turn, many rounds, so that
// a machine whose speed drifts changes all of them alike.
//
//   spawn ROUNDS COMMAND [ARG...] ["" COMMAND [ARG...]]...
//
// Commands are separated by an empty argument. Prints, for each: median and 10th percentile in milliseconds.
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { maximum = 32 };
extern char **environ;

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double milliseconds(char **command) {
    struct timespec from, to;
    pid_t pid;
    int status;
    clock_gettime(CLOCK_MONOTONIC, &from);
    if (posix_spawnp(&pid, command[0], NULL, NULL, command, environ) != 0) {
        fprintf(stderr, "spawn: cannot run %s\n", command[0]);
        exit(1);
    }
    waitpid(pid, &status, 0);
    clock_gettime(CLOCK_MONOTONIC, &to);
    if (status != 0) {
        fprintf(stderr, "spawn: %s failed (status %d)\n", command[0], status);
        exit(1);
    }
    return (to.tv_sec - from.tv_sec) * 1e3 + (to.tv_nsec - from.tv_nsec) / 1e6;
}

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: spawn ROUNDS COMMAND [ARG...] [\"\" COMMAND [ARG...]]...\n");
        return 64;
    }
    int rounds = atoi(arguments[1]), commands = 0;
    char **command[maximum];
    double *times[maximum];
    command[commands++] = &arguments[2];
    for (int i = 3; i < count; i++) {
        if (arguments[i][0] != 0) continue;
        arguments[i] = NULL;
        if (commands < maximum && i + 1 < count) command[commands++] = &arguments[i + 1];
    }
    for (int c = 0; c < commands; c++) times[c] = calloc(rounds, sizeof(double));
    for (int round = 0; round < rounds; round++)
        for (int c = 0; c < commands; c++) times[c][round] = milliseconds(command[c]);
    for (int c = 0; c < commands; c++) {
        qsort(times[c], rounds, sizeof(double), ascending);
        printf("%.3f %.3f %s\n", times[c][rounds / 2], times[c][rounds / 10], command[c][0]);
    }
    return 0;
}
