/* SPDX-License-Identifier: Apache-2.0
 * Framing against a bare recv() loop: the same frames through the same loopback TCP in turns, once
 * only received and once read as messages (UTF-8 checked), in CPU time of the thread that receives.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/ws.h"

enum { PAYLOAD = 200, BLOCK = 1 << 20, BLOCKS = 128, RX = 64 << 10, ROUNDS = 12 };

typedef struct feed {                   /* what the sending thread writes, over and over */
    uint8_t *bytes;
    size_t   size;
    int      fd;
} feed;

static void *send_all(void *user)
{
    feed *f = user;

    for (int i = 0; i < BLOCKS; i++)
        for (size_t at = 0; at < f->size;) {
            ssize_t n = send(f->fd, f->bytes + at, f->size - at, MSG_NOSIGNAL);

            if (n <= 0)
                return NULL;
            at += (size_t)n;
        }
    return NULL;
}

static void fill(feed *f, int side)
{
    static const uint8_t KEY[4] = {0x12, 0x34, 0x56, 0x78};
    uint8_t text[PAYLOAD], *at;

    for (int i = 0; i < PAYLOAD; i++)
        text[i] = (uint8_t)"{\"TYPE\":\"0\",\"M\":\"Coinbase\",\"P\":62010.5,\"Q\":0.015}"[i % 50];
    f->bytes = malloc(BLOCK + PAYLOAD + WS_HEAD_MAX);
    for (at = f->bytes; at < f->bytes + BLOCK; at += PAYLOAD) {
        at += ws_head(at, WS_TEXT, 1, PAYLOAD, side == WS_SERVER ? KEY : NULL);
        if (side == WS_SERVER)
            ws_mask(at, text, PAYLOAD, KEY, 0);
        else
            memcpy(at, text, PAYLOAD);
    }
    f->size = (size_t)(at - f->bytes);
}

static int loopback(int *out)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t size = sizeof name;
    int l = socket(AF_INET, SOCK_STREAM, 0), from = socket(AF_INET, SOCK_STREAM, 0);

    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(l, (struct sockaddr *)&name, size) < 0 || listen(l, 1) < 0 ||
        getsockname(l, (struct sockaddr *)&name, &size) < 0 ||
        connect(from, (struct sockaddr *)&name, size) < 0)
        return -1;
    out[0] = from;
    out[1] = accept(l, NULL, NULL);
    close(l);
    return out[1] < 0 ? -1 : 0;
}

static double cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Receive all of it; side < 0: only receive. Returns CPU seconds; counts messages. */
static double receive(int fd, size_t total, int side, uint64_t *messages)
{
    static uint8_t rx[RX];
    double from = cpu();
    ws_message m;
    ws_reader r;
    size_t used;

    ws_reader_init(&r, NULL, side < 0 ? 0 : side, 1 << 20, 16);
    while (total) {
        ssize_t n = recv(fd, rx, sizeof rx, 0);

        if (n <= 0)
            break;
        total -= (size_t)n;
        for (uint8_t *at = rx; side >= 0 && ws_read(&r, at, (size_t)(rx + n - at), &used, &m) > 0;
             at += used)
            ++*messages;
    }
    ws_reader_fini(&r);
    return cpu() - from;
}

static int measure(int side, double *ratio, double *rate)
{
    double best[2] = {1e9, 1e9}; /* only received, and framed: the least disturbed round */
    uint64_t messages = 0;
    feed f;
    int fds[2];

    if (loopback(fds) < 0)
        return -1;
    fill(&f, side);
    f.fd = fds[0];
    for (int i = 0; i < 2 * ROUNDS; i++) {
        pthread_t t;
        double took;

        if (pthread_create(&t, NULL, send_all, &f) != 0)
            return -1;
        took = receive(fds[1], f.size * BLOCKS, i % 2 ? side : -1, &messages);
        pthread_join(t, NULL);
        if (took < best[i % 2])
            best[i % 2] = took;
    }
    *ratio = best[0] / best[1];
    *rate = (double)messages / ROUNDS / best[1] / 1e6;
    free(f.bytes);
    close(fds[0]);
    close(fds[1]);
    return 0;
}

int main(void)
{
    double ratio, rate, masked, masked_rate;

    if (measure(WS_CLIENT, &ratio, &rate) < 0 || measure(WS_SERVER, &masked, &masked_rate) < 0) {
        perror("bench_ws");
        return 1;
    }
    printf("ws framing/recv: %.2f (goal 0.5), %.1f M messages of %d bytes a CPU-second\n", ratio,
           rate, PAYLOAD);
    printf("ws framing/recv, masked: %.2f, %.1f M\n", masked, masked_rate);
    return 0;
}
