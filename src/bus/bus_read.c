/* SPDX-License-Identifier: Apache-2.0
 * Out of the log: every reader is served in turn, each as far as it takes. Only what the log holds
 * is handed on. What is older than the retention goes, read or not. */
#include "bus.h"

enum { TRIM_EVERY_MS = 10000, TRIM_SOON_MS = 50 };

static int is_linked(const bus *b, const bus_reader *r)
{
    if (!r->to)
        return b->stage.to_script;
    for (uint32_t i = 0; i < b->stage.out_count; i++)
        if (b->stage.out[i] == r->to && r->to->id == r->to_id)
            return 1;
    return 0;
}

bus_reader *bus_reader_of(bus *b, wick_stage *to)
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
        else if (b->sealed.first)
            bus_flush(b);
    }
    b->pumping = 0;
    if (b->full && !b->taking && bus_pending(b) <= BUS_PENDING_BYTES / 2) {
        b->full = 0;
        stage_ready(&b->stage);
    }
    if (all && !b->packs.open && !bus_pending(b))
        stage_drained(&b->stage);
}

void bus_fetched(bus *b, bus_fetch *f, int rc, const char *why)
{
    bus_reader *r = f->reader;

    if (r) {
        r->fetch = NULL;
        r->fetching = 0;
        r->chunk = f->first;
        r->chunk_next = f->next;
        f->first = NULL;
        if (rc < 0) {
            r->stopped = 1;                     /* until bus.c tries again */
            b->stage.stats[BUS_ERRORS]++;
            ctx_log(b->stage.w, 0, "log: read: %s", why);
            stage_event_text(&b->stage, WICK_EV_FULL, rc, b->stage.tag, why);
            uv_timer_start(b->retry, b->retry->timer_cb, 1000, 0);
        }
    }
    record_free_list(b->stage.w, f->first);
    mem_free(b->stage.w, f);
    bus_pump(b);
}

/* ---- retention ------------------------------------------------------------------------------- */

void bus_trim_due(uv_timer_t *t)
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
    uv_timer_start(b->trim, bus_trim_due, more ? TRIM_SOON_MS : TRIM_EVERY_MS, 0);
}
