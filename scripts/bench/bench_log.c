/* SPDX-License-Identifier: Apache-2.0
 * CPU a tick of the log: appended and read back, in the file and in memory, beside the same bytes
 * by bare write(2) and read(2) in the same run. usage: bench_log [ticks] */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../src/core/commit.h"
#include "../../src/core/stage.h"

enum { BATCH = 500, MARKETS = 200 };

static double cpu_us(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

typedef struct sink {
    wick_stage stage;
    uint64_t ticks, sum;
} sink;

static int sink_take(wick_stage *s, const wick_batch *b)
{
    sink *k = (sink *)s;

    k->ticks += b->tick_count;
    for (uint32_t i = 0; i < b->tick_count; i++)
        k->sum += (uint64_t)b->ticks[i].price;
    return WICK_OK;
}

static void sink_close(wick_stage *s) { (void)s; }
static const stage_ops SINK = {.kind = "agg", .take = sink_take, .close = sink_close};

static void die(wick *w, const char *what)
{
    fprintf(stderr, "bench_log: %s: %s\n", what, w ? wick_error(w) : "");
    exit(1);
}

static void fill(wick *w, uint32_t *markets, wick_tick *ticks, char (*ids)[8], uint64_t n)
{
    for (uint32_t i = 0; i < BATCH; i++) {
        char id[16];

        snprintf(id, sizeof id, "%08" PRIu64, 10000000 + (n + i) % 80000000);
        memcpy(ids[i], id, 8);
        ticks[i] = (wick_tick){.time_ns = 1700000000000000000 + (int64_t)(n + i) * 1000000,
                               .market = markets[(n + i) % MARKETS],
                               .price = 6201050 + (int64_t)((n + i) * 7 % 977),
                               .price_exp = -2,
                               .qty = 1 + (int64_t)((n + i) * 31 % 100000),
                               .qty_exp = -8,
                               .trades = 1,
                               .flags = WICK_TICK_BUY | WICK_TICK_ORDERED,
                               .id_at = i * 8,
                               .id_len = 8,
                               .id_key = wick_id_key(ids[i], 8)};
    }
    (void)w;
}

static wick *context(const char *dir)
{
    wick_conf *c;
    wick *w;

    if (wick_conf_new(&c) < 0 || wick_conf_set(c, "data.dir", dir) < 0 || wick_open(c, &w) < 0)
        exit(1);
    wick_conf_free(c);
    return w;
}

static void poll_until(wick *w, uint32_t kind)
{
    wick_event ev[64];

    for (;;) {
        int n = wick_poll(w, ev, 64, 1000);

        for (int i = 0; i < n; i++)
            if (ev[i].kind == kind)
                return;
    }
}

/* Append `total` ticks through the bus; with a reader linked they are handed on in the same run. */
static void append(const char *dir, const char *url, uint64_t total, int reading, double *us,
                   int64_t *bytes)
{
    static wick_tick ticks[BATCH];
    static char ids[BATCH][8];
    uint32_t markets[MARKETS];
    wick *w = context(dir);
    wick_stage *bus;
    sink *k = stage_new(w, &SINK, sizeof *k, 0, NULL);
    wick_event ev[64];
    double fill_us = 0, start;

    if (!k || wick_bus_open(w, url, 0, &bus) < 0)
        die(w, "open");
    for (uint32_t i = 0; i < MARKETS; i++) {
        char name[32];

        markets[i] =
            (uint32_t)wick_market(w, name, (size_t)snprintf(name, sizeof name, "Venue:M%u-USD", i));
    }
    if (reading &&
        (wick_link(w, bus, &k->stage) < 0 || bus->ops->seek(bus, &k->stage, NULL, 0) < 0))
        die(w, "link");
    start = cpu_us();
    for (uint64_t n = 0; n < total; n += BATCH) {
        wick_batch b = {.ticks = ticks,
                        .bytes = (uint8_t *)ids,
                        .tick_count = BATCH,
                        .byte_count = sizeof ids,
                        .recv_ns = 1700000000000000000 + (int64_t)n * 1000};
        double before = cpu_us();

        fill(w, markets, ticks, ids, n);
        fill_us += cpu_us() - before;
        while (bus->ops->take(bus, &b) == WICK_E_AGAIN)
            wick_poll(w, ev, 64, 1);
        if (n % (BATCH * 20) == 0)
            wick_poll(w, ev, 64, 0);
    }
    wick_stage_drain(bus, 0);
    poll_until(w, WICK_EV_DRAINED);
    *us = (cpu_us() - start - fill_us) / (double)total;
    *bytes = wick_stage_stat(bus, "bytes");
    if (reading && k->ticks != total)
        die(w, "ticks are missing");
    wick_stage_close(bus);
    wick_stage_close(&k->stage);
    wick_close(w);
}

static void read_back(const char *dir, const char *url, uint64_t total, double *us)
{
    wick *w = context(dir);
    wick_stage *bus;
    sink *k = stage_new(w, &SINK, sizeof *k, 0, NULL);
    wick_event ev[64];
    double start;

    if (!k || wick_bus_open(w, url, 0, &bus) < 0 || wick_link(w, bus, &k->stage) < 0)
        die(w, "open");
    start = cpu_us();
    bus->ops->seek(bus, &k->stage, NULL, 0);
    while (k->ticks < total)
        wick_poll(w, ev, 64, 10);
    *us = (cpu_us() - start) / (double)total;
    wick_stage_close(bus);
    wick_stage_close(&k->stage);
    wick_close(w);
}

static double raw(const char *dir, int64_t bytes, uint64_t total)
{
    static char block[1 << 16];
    char path[512];
    double start = cpu_us();
    int fd;

    snprintf(path, sizeof path, "%s/raw", dir);
    if ((fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600)) < 0)
        die(NULL, path);
    for (int64_t left = bytes; left > 0; left -= (int64_t)sizeof block)
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block)
            die(NULL, path);
    lseek(fd, 0, SEEK_SET);
    while (read(fd, block, sizeof block) > 0)
        ;
    close(fd);
    unlink(path);
    return (cpu_us() - start) / (double)total;
}

int main(int argc, char **argv)
{
    uint64_t total = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000000;
    char dir[] = "/tmp/wick-bench-XXXXXX", command[64];
    double tail, file, back, memory, bare, bare75;
    int64_t bytes, memory_bytes;

    total -= total % BATCH;
    if (total == 0 || !mkdtemp(dir))
        return 2;
    append(dir, "memory:", total, 1, &memory, &memory_bytes);
    append(dir, "sqlite:tail.db", total, 1, &tail, &bytes);
    append(dir, "sqlite:log.db", total, 0, &file, &bytes);
    read_back(dir, "sqlite:log.db", total, &back);
    bare = raw(dir, bytes, total);
    bare75 = raw(dir, (int64_t)total * 75, total);
    printf("log: %" PRIu64 " ticks, %d markets, %.1f bytes a tick\n", total, MARKETS,
           (double)bytes / (double)total);
    printf("log: append %.3f us, read %.3f us, both %.3f us of CPU a tick (goal 0.18-0.36)\n", file,
           back, file + back);
    printf("log: append and read at the tail %.3f us, in memory %.3f us\n", tail, memory);
    printf("log: bare write+read of the same bytes %.3f us: ratio %.1f; of plain 75 bytes a tick "
           "%.3f us: ratio %.1f\n",
           bare, (file + back) / bare, bare75, (file + back) / bare75);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 ? 0 : 1;
}
