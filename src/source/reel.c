/* SPDX-License-Identifier: Apache-2.0
 * Marks of a reel; the rules are in reel.h. */
#include "reel.h"

#include <stdlib.h>

void reel_init(reel *t, wick *w, uint64_t conn)
{
    *t = (reel){.w = w, .conn = conn, .last_ns = INT64_MIN, .alive_ns = INT64_MIN};
}

void reel_fini(reel *t)
{
    mem_free(t->w, t->slots);
    t->slots = NULL;
}

static int open_mark(reel *t, reeled *m, uint32_t at, marks *out)
{
    wick_mark *mark = marks_add(out, WICK_MARK_OPEN, m->slot - 1, t->conn, at);

    if (!mark)
        return WICK_E_NOMEM;
    mark->from_ns = m->told_ns = m->first_ns;
    mark->source = t->source;
    mark->flags = t->flags;
    mark->symbol = market_text(t->w, wick_market_symbol(t->w, m->slot - 1));
    return WICK_OK;
}

/* The market of a row; a new one gets its OPEN here, whose time is put right behind the burst. */
static reeled *market_of(reel *t, const wick_tick *tick, uint32_t at, marks *out)
{
    if (t->last && t->last->slot == tick->market + 1)
        return t->last;
    if (table_room(t->w, &t->slots, &t->slot_count, sizeof *t->slots, t->used) < 0)
        return NULL;
    t->last = table_row(t->slots, t->slot_count, sizeof *t->slots, tick->market);
    if (t->last->slot)
        return t->last;
    *t->last = (reeled){.slot = tick->market + 1, .first_ns = tick->time_ns};
    t->last->other = owners_other(t->owners, tick->market) != WICK_NO_MARKET;
    t->used++;
    if (t->last->other ? owners_mark(t->owners, tick->market, t->conn, at, out) < 0
                       : open_mark(t, t->last, at, out) < 0)
        return NULL;
    return t->last;
}

static int end_mark(reel *t, uint32_t kind, uint32_t at, marks *out)
{
    wick_mark *mark = marks_add(out, kind, WICK_NO_MARKET, t->conn, at);

    if (!mark)
        return WICK_E_NOMEM;
    mark->source = t->source;
    mark->to_ns = t->alive_ns = t->last_ns;
    return WICK_OK;
}

int reel_ticks(reel *t, const wick_tick *ticks, uint32_t count, marks *out)
{
    for (uint32_t i = 0; i < count; i++) {
        reeled *m = market_of(t, &ticks[i], i, out);

        if (!m)
            return WICK_E_NOMEM;
        if (ticks[i].time_ns < m->first_ns)
            m->first_ns = ticks[i].time_ns;
        if (ticks[i].time_ns > t->last_ns)
            t->last_ns = ticks[i].time_ns;
    }
    for (uint32_t i = 0; i < out->count; i++) {
        reeled *m = table_row(t->slots, t->slot_count, sizeof *t->slots, out->list[i].market);

        if (!m->other)
            out->list[i].from_ns = m->told_ns = m->first_ns;
    }
    if (count && (t->alive_ns == INT64_MIN || t->last_ns - t->alive_ns >= HEARING_SECOND_NS))
        return end_mark(t, WICK_MARK_ALIVE, count, out);
    return WICK_OK;
}

static int by_market(const void *a, const void *b)
{
    const wick_mark *x = a, *y = b;

    return (x->market > y->market) - (x->market < y->market);
}

int reel_close(reel *t, marks *out)
{
    uint32_t first = out->count;

    if (!t->used)
        return WICK_OK;
    for (uint32_t i = 0; i < t->slot_count; i++) {
        reeled *m = &t->slots[i];

        if (m->slot && !m->other && m->first_ns < m->told_ns && open_mark(t, m, 0, out) < 0)
            return WICK_E_NOMEM;
    }
    if (out->count > first)
        qsort(out->list + first, out->count - first, sizeof *out->list, by_market);
    if (end_mark(t, WICK_MARK_ALIVE, 0, out) < 0 || end_mark(t, WICK_MARK_CLOSE, 0, out) < 0)
        return WICK_E_NOMEM;
    reel_fini(t);
    t->used = t->slot_count = 0;
    return WICK_OK;
}
