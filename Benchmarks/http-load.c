// Sends prepared HTTP requests over connections that stay open, and prints how many were answered with status 200 a second,
// and how long the median and the slowest hundredth took, in milliseconds.
//
//     http-load PORT CONNECTIONS REQUESTS FILE
//
// FILE holds the requests, each behind its size in four bytes, the least significant first; they are sent in turn, and from
// the start again after the last one.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct request { const char *text; size_t size; };
struct connection { int socket; double begin; size_t received; char answer[1 << 16]; };

static struct request *requests;
static size_t request_count, sent;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void fail(const char *what) { perror(what); exit(1); }

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void load(const char *path)
{
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &status) != 0) fail(path);
    char *text = malloc(status.st_size), *end = text + status.st_size;
    if (fread(text, 1, status.st_size, file) != (size_t)status.st_size) fail(path);
    while (text < end) {
        uint32_t size;
        memcpy(&size, text, 4);
        requests = realloc(requests, (request_count + 1) * sizeof *requests);
        requests[request_count++] = (struct request){text + 4, size};
        text += 4 + size;
    }
}

static void ask(struct connection *connection)
{
    struct request request = requests[sent++ % request_count];
    connection->begin = now();
    connection->received = 0;
    while (request.size > 0) {
        ssize_t count = write(connection->socket, request.text, request.size);
        if (count < 0) fail("write");
        request.text += count;
        request.size -= count;
    }
}

// Whether the whole answer is there.
static int receive(struct connection *connection)
{
    size_t room = sizeof connection->answer - 1 - connection->received;
    ssize_t count = read(connection->socket, connection->answer + connection->received, room);
    if (count <= 0) fail("read");
    connection->received += count;
    connection->answer[connection->received] = 0;
    char *body = strstr(connection->answer, "\r\n\r\n");
    if (!body) return 0;
    if (strncmp(connection->answer, "HTTP/1.1 200", 12) != 0) {
        fprintf(stderr, "http-load: %s\n", connection->answer);
        exit(1);
    }
    char *length = strcasestr(connection->answer, "\r\ncontent-length:");
    return length && connection->received >= (size_t)(body + 4 - connection->answer) + atol(length + 17);
}

int main(int count, char **words)
{
    if (count != 5) return fprintf(stderr, "usage: %s PORT CONNECTIONS REQUESTS FILE\n", words[0]), 64;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connection_count = atoi(words[2]), total = atoi(words[3]), one = 1, answered = 0;
    load(words[4]);
    struct connection *connections = calloc(connection_count, sizeof *connections);
    double *times = calloc(total, sizeof *times), begin = now();
    int events = epoll_create1(0);
    for (int index = 0; index < connection_count; index++) {
        struct connection *connection = connections + index;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        connection->socket = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
        setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_ctl(events, EPOLL_CTL_ADD, connection->socket, &event);
        ask(connection);
    }
    while (answered < total) {
        struct epoll_event ready[64];
        int ready_count = epoll_wait(events, ready, 64, 10000);
        if (ready_count == 0) { errno = ETIMEDOUT; fail("epoll_wait"); }
        for (int index = 0; index < ready_count && answered < total; index++) {
            struct connection *connection = ready[index].data.ptr;
            if (!receive(connection)) continue;
            times[answered++] = now() - connection->begin;
            if (sent < (size_t)total) ask(connection);
        }
    }
    double seconds = (now() - begin) / 1e3;
    qsort(times, total, sizeof *times, ascending);
    printf("%.0f %.2f %.2f\n", total / seconds, times[total / 2], times[total - 1 - total / 100]);
}
