/* SPDX-License-Identifier: Apache-2.0
 * Into the log: batches are packed, and full or lingering records go to the driver in one go, one
 * at a time. A log that cannot be written to loses nothing: it fills, says so, and tries again. */
#include "bus.h"

enum { FLUSH_BYTES = 256 << 10, BACKOFF_MS = 100, BACKOFF_MAX_MS = 5000 };

uint64_t bus_pending(const bus *b)
{
    return b->sealed.bytes + b->appending.bytes;
}

void bus_append(bus *b)
{
    b->busy = 1;
    if (fault_hit(b->stage.w, "bus.append"))
        bus_appended(b, WICK_E_IO, "a test asked for it");
    else
        b->drv->append(b, &b->appending);
}

static void lingered(uv_timer_t *t);

/* All that was taken goes at once: whatever cuts the line, the log has a beginning of what was
 * sent. */
void bus_flush(bus *b)
{
    if (b->busy || b->failing || (b->stage.out_count && !b->sought))
        return;
    packs_seal(&b->packs, &b->sealed);
    if (!b->sealed.first)
        return;
    if (!tail_room(b, &b->sealed))
        return;                                 /* bus_pump() comes back when readers have moved */
    if (places_changed(&b->places, &b->placing, &b->placing_count) < 0) {
        uv_timer_start(b->linger, lingered, (uint64_t)b->linger_ms + 1, 0);
        return;
    }
    b->appending = b->sealed;
    b->sealed = (record_list){0};
    bus_append(b);
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
        if (r->ticks && r->last_ns / 1000000 > s->stats[BUS_LAST_MS])
            s->stats[BUS_LAST_MS] = r->last_ns / 1000000;
        tail_put(b, r);
    }
    b->appending = (record_list){0};
    mem_free(s->w, b->placing);
    b->placing = NULL;
    b->placing_count = 0;
    if (b->failing) {
        b->failing = 0;
        ctx_log(s->w, 2, "log: append works again");
        stage_event(s, WICK_EV_READY, WICK_OK, s->tag);
    }
    if (b->sealed.first)
        bus_flush(b);
    bus_pump(b);
}

void bus_retry(uv_timer_t *t)
{
    bus *b = t->data;

    for (bus_reader *r = b->readers; r; r = r->next)
        if (r->stopped == 1)
            r->stopped = 0;
    if (b->failing && !b->busy)
        bus_append(b);
    bus_pump(b);
}

static void lingered(uv_timer_t *t)
{
    bus *b = t->data;

    packs_seal(&b->packs, &b->sealed);
    bus_flush(b);
    bus_pump(b);
}

static uint32_t count_places(const wick_batch *batch)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < batch->mark_count; i++)
        n += batch->marks[i].kind == WICK_MARK_PLACE;
    return n;
}

int bus_take(wick_stage *s, const wick_batch *batch)
{
    bus *b = (bus *)s;
    uint32_t placed = count_places(batch);
    int rc;

    if (bus_pending(b) >= BUS_PENDING_BYTES) {
        b->full = 1;
        return WICK_E_AGAIN;
    }
    if (places_room(&b->places, placed) < 0)
        return ctx_fail(s->w, WICK_E_NOMEM, "bus: no memory for %u places", placed);
    if ((rc = packs_take(&b->packs, batch, &b->sealed)) < 0)
        return rc;
    for (uint32_t i = 0; placed && i < batch->mark_count; i++)
        if (batch->marks[i].kind == WICK_MARK_PLACE)
            places_note(&b->places, &batch->marks[i]);
    s->stats[BUS_WAITING] += batch->tick_count;
    s->stats[BUS_MARKS] += batch->mark_count - placed;
    b->taking = 1; /* who sends this batch is not told to send in the midst of it */
    if (b->linger_ms == 0 || b->sealed.bytes >= FLUSH_BYTES)
        bus_flush(b);
    b->taking = 0;
    if ((b->full || b->packs.open || b->sealed.first) && !uv_is_active((uv_handle_t *)b->linger))
        uv_timer_start(b->linger, lingered, (uint64_t)b->linger_ms, 0);
    return WICK_OK;
}
