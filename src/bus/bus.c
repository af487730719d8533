/* SPDX-License-Identifier: Apache-2.0
 * The one door to the log: takes batches, packs them, puts full or lingering records into the driver in one go,
 * and hands what is in the log on to its readers. Only what the log holds is handed on. A log that cannot be
 * written to loses nothing: it fills, says so, and tries again. */
#include <string.h>

#include "bus.h"

enum { FLUSH_BYTES = 256 << 10, BACKOFF_MS = 100, BACKOFF_MAX_MS = 5000, TRIM_EVERY_MS = 10000, TRIM_SOON_MS = 50 };

static const bus_driver *const DRIVERS[] = {&bus_sqlite_driver, &bus_memory_driver};
static const char *const STATS[] = {"records", "ticks", "marks", "bytes", "waiting", "errors", "read_ticks",
                                    "damaged", "trimmed", NULL};

static uint64_t pending(const bus *b)
{
    return b->sealed.bytes + b->appending.bytes;
}

/* ---- into the log ------------------------------------------------------------------------------------ */

static void append(bus *b)
{
    b->busy = 1;
    if (fault_hit(b->stage.w, "bus.append"))
        bus_appended(b, WICK_E_IO, "a test asked for it");
    else
        b->drv->append(b, &b->appending);
}

void bus_flush(bus *b)
{
    if (b->busy || b->failing || !b->sealed.first)
        return;
    if (!tail_room(b, &b->sealed))
        return;                                 /* bus_pump() comes back when readers have moved */
    b->appending = b->sealed;
    b->sealed = (record_list){0};
    append(b);
}

static void failed(bus *b, int rc, const char *why)
{
    wick_stage *s = &b->stage;

    s->stats[BUS_ERRORS]++;
    if (b->closing) {
        ctx_log(s->w, 0, "log: closed with %lld ticks that could not be written: %s",
                (long long)s->stats[BUS_WAITING], why);
        return;                                 /* the last try was this one */
    }
    if (!b->failing) {
        b->failing = 1;
        b->backoff_ms = BACKOFF_MS;
        ctx_log(s->w, 0, "log: append: %s; nothing is lost, trying again", why);
        stage_event_text(s, WICK_EV_FULL, rc, s->tag, why);
    } else if ((b->backoff_ms *= 2) > BACKOFF_MAX_MS) {
        b->backoff_ms = BACKOFF_MAX_MS;
    }
    uv_timer_start(b->retry, b->retry->timer_cb, (uint64_t)b->backoff_ms, 0);
}

void bus_appended(bus *b, int rc, const char *why)
{
    wick_stage *s = &b->stage;

    b->busy = 0;
    if (rc < 0) {
        failed(b, rc, why);
        return;
    }
    for (bus_record *r = b->appending.first, *next; r; r = next) {
        next = r->next;
        b->last = b->heads[r->partition].last = r->offset;
        s->stats[BUS_RECORDS]++;
        s->stats[BUS_TICKS] += r->ticks;
        s->stats[BUS_WAITING] -= r->ticks;
        s->stats[BUS_BYTES] += r->size;
        tail_put(b, r);
    }
    b->appending = (record_list){0};
    if (b->failing) {
        b->failing = 0;
        ctx_log(s->w, 2, "log: append works again");
        stage_event(s, WICK_EV_READY, WICK_OK, s->tag);
    }
    bus_flush(b);
    bus_pump(b);
}

static void retry(uv_timer_t *t)
{
    bus *b = t->data;

    for (bus_reader *r = b->readers; r; r = r->next)
        if (r->stopped == 1)
            r->stopped = 0;
    if (b->failing && !b->busy)
        append(b);
    bus_pump(b);
}

static void lingered(uv_timer_t *t)
{
    bus *b = t->data;

    packs_seal(&b->packs, &b->sealed);
    bus_flush(b);
    bus_pump(b);
}

static int take(wick_stage *s, const wick_batch *batch)
{
    bus *b = (bus *)s;
    int rc;

    if (pending(b) >= BUS_PENDING_BYTES) {
        b->full = 1;
        return WICK_E_AGAIN;
    }
    if ((rc = packs_take(&b->packs, batch, &b->sealed)) < 0)
        return rc;
    s->stats[BUS_WAITING] += batch->tick_count;
    s->stats[BUS_MARKS] += batch->mark_count;
    if (b->linger_ms == 0)
        packs_seal(&b->packs, &b->sealed);
    b->taking = 1;                              /* who sends this batch is not told to send in the midst of it */
    if (b->linger_ms == 0 || b->sealed.bytes >= FLUSH_BYTES)
        bus_flush(b);
    b->taking = 0;
    if ((b->full || b->packs.open || b->sealed.first) && !uv_is_active((uv_handle_t *)b->linger))
        uv_timer_start(b->linger, lingered, (uint64_t)b->linger_ms, 0);
    return WICK_OK;
}

/* ---- out of it --------------------------------------------------------------------------------------- */

static int is_linked(const bus *b, const bus_reader *r)
{
    if (!r->to)
        return b->stage.to_script;
    for (uint32_t i = 0; i < b->stage.out_count; i++)
        if (b->stage.out[i] == r->to && r->to->id == r->to_id)
            return 1;
    return 0;
}

static bus_reader *reader_of(bus *b, wick_stage *to)
{
    bus_reader *r = b->readers;

    while (r && r->to != to)
        r = r->next;
    if (!r && (r = reader_new(b, to))) {
        r->next = b->readers;
        b->readers = r;
        reader_seek(r, NULL, 0);
    }
    return r;
}

/* One round over the readers; those that are no longer linked go. 1: all are at the end. */
static int round_of_readers(bus *b)
{
    int all = 1;

    for (bus_reader **at = &b->readers, *r; (r = *at);) {
        if (!is_linked(b, r)) {
            *at = r->next;
            reader_free(r);
            continue;
        }
        all &= reader_pump(r);
        at = &r->next;
    }
    return all;
}

void bus_pump(bus *b)
{
    int all = 1;

    b->again = 1;
    if (b->pumping || b->closing)
        return;
    b->pumping = 1;
    while (b->again) {
        b->again = 0;
        all = round_of_readers(b);
        if (b->drv->flags & BUS_DURABLE)
            tail_trim(b);
        else
            bus_flush(b);
    }
    b->pumping = 0;
    if (b->full && !b->taking && pending(b) <= BUS_PENDING_BYTES / 2) {
        b->full = 0;
        stage_ready(&b->stage);
    }
    if (all && !b->packs.open && !pending(b))
        stage_drained(&b->stage);
}

static void ready(wick_stage *s)
{
    bus *b = (bus *)s;

    if (s->to_script)
        reader_of(b, NULL);
    bus_pump(b);
}

static const char *log_id(wick_stage *s)
{
    return ((bus *)s)->log_id;
}

static int seek(wick_stage *s, wick_stage *reader, const commit_offset *from, uint32_t count)
{
    bus *b = (bus *)s;
    bus_reader *r = reader_of(b, reader);

    if (!r)
        return ctx_fail(s->w, WICK_E_NOMEM, "log: no memory for a reader");
    r->to_id = reader ? reader->id : 0;
    reader_seek(r, from, count);
    bus_pump(b);
    return WICK_OK;
}

static void drain(wick_stage *s)
{
    bus *b = (bus *)s;

    packs_seal(&b->packs, &b->sealed);
    bus_flush(b);
    bus_pump(b);
}

/* ---- retention --------------------------------------------------------------------------------------- */

static void trim_due(uv_timer_t *t)
{
    bus *b = t->data;

    if (b->trimming)
        return;
    b->trimming = 1;
    b->drv->trim(b, ctx_now_ns(b->stage.w) / 1000000 - b->retention_ms);
}

void bus_trimmed(bus *b, uint32_t count, int more)
{
    b->trimming = 0;
    if (b->closing)
        return;
    if (count) {
        b->trims++;
        bus_pump(b);
    }
    uv_timer_start(b->trim, trim_due, more ? TRIM_SOON_MS : TRIM_EVERY_MS, 0);
}

/* ---- opening and closing ----------------------------------------------------------------------------- */

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
    mem_free(b->stage.w, b->heads);
}

static void close_bus(wick_stage *s)
{
    bus *b = (bus *)s;

    packs_seal(&b->packs, &b->sealed);
    bus_flush(b);
    b->closing = 1;
    if (b->failing && !b->busy)
        append(b);
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

static const stage_ops OPS = {.kind = "bus", .take = take, .ready = ready, .drain = drain, .log_id = log_id,
                              .seek = seek, .close = close_bus};

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

    b->partitions = (uint32_t)conf_int(w->conf, "bus.partitions");
    b->linger_ms = (conf_ns(w->conf, "bus.linger") + 999999) / 1000000;
    b->retention_ms = conf_ns(w->conf, "bus.retention") / 1000000;
    if (!(b->heads = mem_zero(w, PARTITIONS_MAX * sizeof *b->heads)) || !(b->linger = timer_new(b)) ||
        !(b->retry = timer_new(b)) || !(b->trim = timer_new(b)))
        return ctx_fail(w, WICK_E_NOMEM, "open the log: no memory");
    b->retry->timer_cb = retry;
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
        return ctx_fail(w, WICK_E_ARG, "bus.url: no driver for '%s'; there are sqlite:FILE and memory:", url);
    if (!(b = stage_new(w, &OPS, drv->self_size, tag, STATS)))
        return WICK_E_NOMEM;
    b->drv = drv;
    if ((rc = open_parts(b, rest)) < 0) {
        release(b);
        stage_abandon(&b->stage);
        return rc;
    }
    if (b->retention_ms > 0)
        uv_timer_start(b->trim, trim_due, TRIM_SOON_MS, 0);
    *out = &b->stage;
    return WICK_OK;
}
