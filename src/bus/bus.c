/* SPDX-License-Identifier: Apache-2.0
 * The one door to the log: which drivers there are, opening, closing, and what other stages may ask
 * of it. */
#include <string.h>

#include "bus.h"
#include "../core/place.h"

static const bus_driver *const DRIVERS[] = {&bus_sqlite_driver, &bus_memory_driver};
static const char *const STATS[] = {"records", "ticks",      "marks",   "bytes",   "waiting",
                                    "errors",  "read_ticks", "damaged", "trimmed", "last_ms", NULL};

static void ready(wick_stage *s)
{
    bus *b = (bus *)s;

    if (s->to_script)
        bus_reader_of(b, NULL);
    bus_pump(b);
}

static const char *log_id(wick_stage *s)
{
    return ((bus *)s)->log_id;
}

static int seek(wick_stage *s, wick_stage *reader, const commit_offset *from, uint32_t count)
{
    bus *b = (bus *)s;
    bus_reader *r = bus_reader_of(b, reader);

    if (!r)
        return ctx_fail(s->w, WICK_E_NOMEM, "log: no memory for a reader");
    r->to_id = reader ? reader->id : 0;
    for (uint32_t i = 0; i < count; i++)
        if (from[i].next_offset > b->last + 1) {
            ctx_log(s->w, 0, "log: its end is lost: it has %llu records of %llu that were read; it "
                    "goes on behind them", (unsigned long long)b->last,
                    (unsigned long long)from[i].next_offset - 1);
            b->last = from[i].next_offset - 1;
        }
    b->sought = 1;
    reader_seek(r, from, count);
    bus_flush(b);
    bus_pump(b);
    return WICK_OK;
}

static void place_of(wick_stage *s, wick_mark *m)
{
    const bus_place *at = places_find(&((bus *)s)->places, m->conn, m->market);

    m->from_ns = at ? at->ns : INT64_MIN;
    m->repeats = at ? at->count : 0;
}

static uint64_t log_end(wick_stage *s)
{
    return ((bus *)s)->last;
}

static void drain(wick_stage *s)
{
    bus *b = (bus *)s;

    packs_seal(&b->packs, &b->sealed);
    bus_flush(b);
    bus_pump(b);
}

static void timer_gone(uv_handle_t *h)
{
    mem_free(h->data, h);
}

static void timer_close(bus *b, uv_timer_t *t)
{
    if (!t)
        return;
    t->data = b->stage.w;
    uv_close((uv_handle_t *)t, timer_gone);
}

static uv_timer_t *timer_new(bus *b)
{
    uv_timer_t *t = mem_zero(b->stage.w, sizeof *t);

    if (t) {
        uv_timer_init(&b->stage.w->loop, t);
        t->data = b;
    }
    return t;
}

static void release(bus *b)
{
    timer_close(b, b->linger);
    timer_close(b, b->retry);
    timer_close(b, b->trim);
    packs_close(&b->packs);
    places_close(&b->places);
    mem_free(b->stage.w, b->placing);
    mem_free(b->stage.w, b->heads);
}

static void close_bus(wick_stage *s)
{
    bus *b = (bus *)s;

    b->sought = 1;
    bus_flush(b);
    packs_seal(&b->packs, &b->sealed);
    b->closing = 1;
    uv_timer_stop(b->linger);                   /* closing runs the loop */
    uv_timer_stop(b->retry);
    uv_timer_stop(b->trim);
    if (b->failing && !b->busy)
        bus_append(b);
    while (b->readers) {
        bus_reader *r = b->readers;

        b->readers = r->next;
        reader_free(r);
    }
    b->drv->close(b);
    record_free_list(s->w, b->sealed.first);
    record_free_list(s->w, b->appending.first);
    tail_free(b);
    release(b);
}

static const stage_ops OPS = {.kind = "bus",
                              .take = bus_take,
                              .ready = ready,
                              .drain = drain,
                              .log_id = log_id,
                              .log_end = log_end,
                              .seek = seek,
                              .place = place_of,
                              .close = close_bus};

static const bus_driver *find(const char *url, const char **rest)
{
    for (size_t i = 0; i < sizeof DRIVERS / sizeof *DRIVERS; i++) {
        size_t size = strlen(DRIVERS[i]->name);

        if (strncmp(url, DRIVERS[i]->name, size) == 0 && url[size] == ':') {
            *rest = url + size + 1;
            return DRIVERS[i];
        }
    }
    return NULL;
}

static int open_parts(bus *b, const char *rest)
{
    wick *w = b->stage.w;
    int rc;

    b->places.w = w;
    b->partitions = (uint32_t)conf_int(w->conf, "bus.partitions");
    b->linger_ms = (conf_ns(w->conf, "bus.linger") + 999999) / 1000000;
    b->retention_ms = conf_ns(w->conf, "bus.retention") / 1000000;
    if (!(b->heads = mem_zero(w, PARTITIONS_MAX * sizeof *b->heads)) ||
        !(b->linger = timer_new(b)) || !(b->retry = timer_new(b)) || !(b->trim = timer_new(b)))
        return ctx_fail(w, WICK_E_NOMEM, "open the log: no memory");
    b->retry->timer_cb = bus_retry;
    if ((rc = b->drv->open(b, rest)) < 0)
        return rc;
    b->tail.from = b->last + 1;
    if ((rc = packs_open(&b->packs, w, b->partitions, (uint32_t)conf_int(w->conf, "bus.pack"))) < 0)
        b->drv->close(b);
    return rc;
}

int wick_bus_open(wick *w, const char *url, uint32_t tag, wick_stage **out)
{
    const bus_driver *drv;
    const char *rest;
    bus *b;
    int rc;

    if (!w || !out)
        return WICK_E_ARG;
    if (!url)
        url = conf_text(w->conf, "bus.url");
    if (!(drv = find(url, &rest)))
        return ctx_fail(w, WICK_E_ARG,
                        "bus.url: no driver for '%.*s:'; there are sqlite:FILE and memory:",
                        (int)strcspn(url, ":"), url); /* what is behind may be secret */
    if (!(b = stage_new(w, &OPS, drv->self_size, tag, STATS)))
        return WICK_E_NOMEM;
    b->drv = drv;
    if ((rc = open_parts(b, rest)) < 0) {
        release(b);
        stage_abandon(&b->stage);
        return rc;
    }
    if (b->retention_ms > 0)
        uv_timer_start(b->trim, bus_trim_due, 0, 0);
    *out = &b->stage;
    return WICK_OK;
}

int64_t wick_bus_last_ms(wick_stage *stage, const char *name)
{
    int64_t ns;

    if (!stage || stage->ops != &OPS || !name)
        return WICK_E_ARG;
    ns = places_last(&((bus *)stage)->places, place_key(name, strlen(name), 0));
    return ns < 0 ? 0 : ns / 1000000;
}
