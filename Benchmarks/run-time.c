// Runs a program many times, one after the other, and prints how long one run takes from fork to its end, in
// microseconds: the median. Its output goes nowhere.
//
//     run-time RUNS PROGRAM ARGUMENT…
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int count, char **words)
{
    if (count < 3) return fprintf(stderr, "usage: %s RUNS PROGRAM ARGUMENT…\n", words[0]), 64;
    int runs = atoi(words[1]);
    double *times = calloc(runs, sizeof *times);
    int nowhere = open("/dev/null", O_WRONLY);
    for (int run = 0; run < runs; run++) {
        struct timespec begin, end;
        int status;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        pid_t process = fork();
        if (process == 0) {
            dup2(nowhere, STDOUT_FILENO);
            execvp(words[2], words + 2);
            _exit(127);
        }
        waitpid(process, &status, 0);
        clock_gettime(CLOCK_MONOTONIC, &end);
        if (status) return fprintf(stderr, "%s: status %#x\n", words[2], status), 1;
        times[run] = (end.tv_sec - begin.tv_sec) * 1e6 + (end.tv_nsec - begin.tv_nsec) / 1e3;
    }
    qsort(times, runs, sizeof *times, ascending);
    printf("%.0f\n", times[runs / 2]);
    return 0;
}
