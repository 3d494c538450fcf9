// Opens, reads to the end and closes files in turn, and prints the time of one such operation in nanoseconds: the median
// of five rounds.
//
//     open-read-close OPERATIONS FILE…
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int count, char **words)
{
    if (count < 3) return fprintf(stderr, "usage: %s OPERATIONS FILE…\n", words[0]), 64;
    long operations = atol(words[1]);
    char buffer[4096];
    double rounds[5];
    for (int round = 0; round < 5; round++) {
        struct timespec begin, end;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        for (long i = 0; i < operations; i++) {
            const char *path = words[2 + i % (count - 2)];
            int file = open(path, O_RDONLY);
            long total = 0, bytes;
            while ((bytes = read(file, buffer, sizeof buffer)) > 0) total += bytes;
            if (file < 0 || bytes < 0 || total == 0) return perror(path), 1;
            close(file);
        }
        clock_gettime(CLOCK_MONOTONIC, &end);
        rounds[round] = ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / operations;
    }
    qsort(rounds, 5, sizeof *rounds, ascending);
    printf("%.0f\n", rounds[2]);
    return 0;
}
