/* SPDX-License-Identifier: Apache-2.0
 * The log in memory: the door's tail is all there is. For tests and benchmarks, and whoever needs
 * no restart: a new log, with a new name, at each start. */
#include <stdio.h>

#include "bus.h"

static int open_memory(bus *b, const char *rest)
{
    if (*rest)
        return ctx_fail(b->stage.w, WICK_E_ARG,
                        "bus.url: 'memory:%s' has something behind the colon", rest);
    snprintf(b->log_id, sizeof b->log_id, "%016llx%016llx",
             (unsigned long long)ctx_random(b->stage.w),
             (unsigned long long)ctx_random(b->stage.w));
    return WICK_OK;
}

static void append(bus *b, const record_list *list)
{
    uint64_t offset = b->last;
    int64_t now_ms = ctx_now_ns(b->stage.w) / 1000000;

    for (bus_record *r = list->first; r; r = r->next) {
        r->offset = ++offset;
        r->wrote_ms = now_ms;
    }
    bus_appended(b, WICK_OK, "");
}

static void fetch(bus *b, bus_fetch *f)
{
    f->next = b->tail.from; /* what is not in the tail is gone: the reader meets its mark */
    bus_fetched(b, f, WICK_OK, "");
}

static void trim(bus *b, int64_t before_ms)
{
    bus_trimmed(b, tail_drop_old(b, before_ms), 0);
}

static void close_memory(bus *b)
{
    (void)b;
}

const bus_driver bus_memory_driver = {
    .name = "memory",
    .self_size = sizeof(bus),
    .flags = 0,
    .open = open_memory,
    .append = append,
    .fetch = fetch,
    .trim = trim,
    .close = close_memory,
};
