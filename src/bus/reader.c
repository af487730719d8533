/* SPDX-License-Identifier: Apache-2.0
 * Readers: each stands at an offset, takes the next record from the tail or asks the driver for
 * more, and pushes it to its stage as one batch. What is lost (trimmed before it was read, or
 * damaged) is told by a GAP mark. */
#include <string.h>

#include "bus.h"

bus_reader *reader_new(bus *b, wick_stage *to)
{
    bus_reader *r = mem_zero(b->stage.w, sizeof *r);

    if (!r)
        return NULL;
    r->from = mem_zero(b->stage.w, b->partitions * sizeof *r->from);
    r->hole = mem_zero(b->stage.w, b->partitions * sizeof *r->hole);
    if (!r->from || !r->hole) {
        mem_free(b->stage.w, r->from);
        mem_free(b->stage.w, r->hole);
        mem_free(b->stage.w, r);
        return NULL;
    }
    r->bus = b;
    r->to = to;
    r->to_id = to ? to->id : 0;
    return r;
}

void reader_free(bus_reader *r)
{
    wick *w = r->bus->stage.w;

    if (r->fetch)
        ((bus_fetch *)r->fetch)->reader = NULL;
    record_free_list(w, r->chunk);
    record_batch_fini(w, &r->batch);
    mem_free(w, r->from);
    mem_free(w, r->hole);
    mem_free(w, r);
}

void reader_seek(bus_reader *r, const commit_offset *from, uint32_t count)
{
    bus *b = r->bus;

    if (r->fetch)
        ((bus_fetch *)r->fetch)->reader = NULL;
    record_free_list(b->stage.w, r->chunk);
    r->fetch = r->chunk = NULL;
    r->chunk_next = 0;
    r->loaded = r->fetching = r->stopped = 0;
    memset(r->from, 0, b->partitions * sizeof *r->from);
    memset(r->hole, 0, b->partitions * sizeof *r->hole);
    for (uint32_t i = 0; i < count; i++)
        if (from[i].partition < b->partitions) {
            uint64_t next = from[i].next_offset, window = from[i].window_offset;

            r->hole[from[i].partition] = next;
            r->from[from[i].partition] = window < next ? window : next;
        }
    r->pos = b->last + 1;
    for (uint32_t i = 0; i < b->partitions; i++) /* a partition without news holds nobody back */
        if (b->heads[i].last >= r->from[i] && b->heads[i].last > b->heads[i].gone &&
            r->from[i] < r->pos)
            r->pos = r->from[i];
    r->trims = b->trims - 1;
    r->fresh = 1;
}

static void load_gap(bus_reader *r, uint32_t partition, uint64_t offset, int64_t from_ns,
                     int64_t to_ns, int64_t recv_ns)
{
    static const wick_mark GAP = {
        .kind = WICK_MARK_GAP, .market = WICK_NO_MARKET, .source = WICK_NO_MARKET};
    record_batch *o = &r->batch;

    if (o->mark_cap == 0 && (o->marks = mem_alloc(r->bus->stage.w, sizeof *o->marks)))
        o->mark_cap = 1;
    o->b = (wick_batch){.ticks = o->ticks,
                        .marks = o->marks,
                        .bytes = o->bytes,
                        .partition = partition,
                        .offset = offset,
                        .recv_ns = recv_ns};
    if (o->mark_cap) {
        o->marks[0] = GAP;
        o->marks[0].from_ns = from_ns;
        o->marks[0].to_ns = to_ns;
        o->b.mark_count = 1;
        r->loaded = 1;
    }
}

/* Records that went before this reader had them; 1: a mark says so. */
static int trimmed(bus_reader *r)
{
    bus *b = r->bus;

    if (r->trims == b->trims)
        return 0;
    for (uint32_t i = 0; i < b->partitions; i++) {
        uint64_t first = r->hole[i] > r->from[i] ? r->hole[i] : r->from[i];
        bus_head *h = &b->heads[i];

        if (h->gone == 0 || h->gone < first || (!r->fresh && h->gone < r->pos))
            continue;
        load_gap(r, i, h->gone, INT64_MIN, h->gone_ns, h->gone_ns);
        if (!r->loaded)
            return 0;
        r->hole[i] = r->from[i] = h->gone + 1;
        return 1;
    }
    r->trims = b->trims;
    r->fresh = 0;
    return 0;
}

static void refuse(bus_reader *r, const bus_record *rec, const char *why)
{
    wick_refusal x = {.reason = "damaged-record", .text = why, .market = WICK_NO_MARKET,
                      .partition = rec->partition, .offset = rec->offset, .time_ns = rec->first_ns};
    wick_event ev = {.kind = WICK_EV_REFUSED, .status = WICK_E_DATA, .from = r->bus->stage.id,
                     .tag = r->bus->stage.tag, .count = 1, .stride = sizeof x};

    r->bus->stage.stats[BUS_DAMAGED]++;
    ctx_log(r->bus->stage.w, 0, "log: record %llu of partition %u is %s",
            (unsigned long long)rec->offset, rec->partition, why);
    event_copy(r->bus->stage.w, ev, &x, sizeof x);
}

/* Make a record the reader's next batch, or pass over it; NOMEM: try again later. */
static int load(bus_reader *r, const bus_record *rec)
{
    bus *b = r->bus;
    const char *why = "of a partition that the log does not have";
    int rc = WICK_E_DATA;

    if (rec->partition < b->partitions && rec->offset < r->from[rec->partition]) {
        r->pos = rec->offset + 1;
        return WICK_OK;
    }
    if (rec->partition < b->partitions &&
        (rc = record_decode(b->stage.w, rec, &r->batch, &why)) == WICK_E_NOMEM)
        return rc;
    r->pos = rec->offset + 1;
    if (rc == WICK_OK) {
        r->loaded = 1;
        b->stage.stats[BUS_READ] += r->batch.b.tick_count;
        return WICK_OK;
    }
    refuse(r, rec, why);
    if (rec->partition < b->partitions)
        load_gap(r, rec->partition, rec->offset, rec->first_ns, rec->last_ns, rec->recv_ns);
    return WICK_OK;
}

static void fetch(bus_reader *r)
{
    bus *b = r->bus;
    bus_fetch *f = mem_zero(b->stage.w, sizeof *f);

    if (!f)
        return;
    f->reader = r;
    f->from = r->pos;
    r->fetch = f;
    r->fetching = 1;
    b->drv->fetch(b, f);
}

static const bus_record *tail_find(const bus_tail *t, uint64_t offset)
{
    uint32_t low = t->head, high = t->end;

    while (low != high) {
        uint32_t middle = low + (high - low) / 2;

        if (t->ring[middle & (t->cap - 1)]->offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low == t->end ? NULL : t->ring[low & (t->cap - 1)];
}

/* Load the next record there is; 1: something has moved, 0: wait, -1: at the end. */
static int next(bus_reader *r)
{
    bus *b = r->bus;
    const bus_record *rec;

    if (r->chunk) {
        bus_record *first = r->chunk;

        if (load(r, first) < 0)
            return 0;
        r->chunk = first->next;
        record_free(b->stage.w, first);
        return 1;
    }
    if (r->chunk_next > r->pos)
        r->pos = r->chunk_next;
    if (trimmed(r))
        return 1;
    if (r->pos > b->last)
        return -1;
    if (r->pos >= b->tail.from) {
        if ((rec = tail_find(&b->tail, r->pos)))
            return load(r, rec) == WICK_OK;
        r->pos = b->last + 1;
        return -1;
    }
    if (!r->fetching)
        fetch(r);
    return 0;
}

int reader_pump(bus_reader *r)
{
    wick_stage *s = &r->bus->stage;
    int rc, moved = 1;

    while (!r->stopped) {
        if (r->loaded) {
            if ((rc = stage_push_to(s, r->to, &r->batch.b)) == WICK_E_AGAIN)
                return 0;
            if (rc < 0) {
                r->stopped = 2;
                s->stats[BUS_ERRORS]++;
                ctx_log(s->w, 0, "log: what reads it failed: %s", wick_error(s->w));
                stage_event_text(s, WICK_EV_FULL, rc, s->tag, wick_error(s->w));
                return 0;
            }
            r->loaded = 0;
        }
        if ((moved = next(r)) <= 0)
            break;
    }
    return moved < 0;
}
