/* SPDX-License-Identifier: Apache-2.0
 * The cache in memory: queries, and what commits change. Bounded by cache.rows. */
#include "cache_memory.h"

typedef struct answer { wick *w; wick_candle *rows; uint32_t count, cap; } answer;

/* ---- query ----------------------------------------------------------------------------------- */

static int take(answer *a, const wick_candle *row)
{
    if (MEM_GROW(a->w, a->rows, a->cap, (uint64_t)a->count + 1, UINT32_MAX) < 0)
        return 0;
    a->rows[a->count++] = *row;
    return 1;
}

/* Up to `limit` candles of [pos, end), ascending; 0: not all are known. */
static int forward(cache_memory *m, const series *s, int64_t pos, int64_t end, uint32_t limit,
                   answer *a)
{
    uint32_t until = a->count + limit;

    if (s->has_floor && pos < s->floor_ns)
        pos = s->floor_ns;
    while (pos < end && !(s->has_ceil && pos >= s->ceil_ns) && a->count < until) {
        chunk *c = chunks_find(&m->chunks, s->market, s->interval, pos);

        if (!c || pos < c->lo_ns || pos >= c->hi_ns)
            return 0;
        for (uint32_t i = chunk_from(c, pos);
             i < c->count && c->rows[i].time_ns < end && a->count < until; i++)
            if (!take(a, &c->rows[i]))
                return 0;
        pos = c->hi_ns;
    }
    return 1;
}

/* The same from the end of [start, pos) back, descending. */
static int backward(cache_memory *m, const series *s, int64_t start, int64_t pos, uint32_t limit,
                    answer *a)
{
    uint32_t until = a->count + limit;

    if (s->has_ceil && pos > s->ceil_ns)
        pos = s->ceil_ns;
    while (pos > start && !(s->has_floor && pos <= s->floor_ns) && a->count < until) {
        chunk *c = chunks_find(&m->chunks, s->market, s->interval, pos - 1);

        if (!c || pos <= c->lo_ns || pos > c->hi_ns)
            return 0;
        for (uint32_t i = chunk_from(c, pos);
             i-- > 0 && c->rows[i].time_ns >= start && a->count < until;)
            if (!take(a, &c->rows[i]))
                return 0;
        pos = c->lo_ns;
    }
    return 1;
}

static int query(cache *base, const wick_query *q, uint32_t tag)
{
    cache_memory *m = (cache_memory *)base;
    series *s = cache_series(m, q->market, q->interval);
    answer a = {.w = base->stage.w};
    wick_event ev = {
        .kind = WICK_EV_CANDLES, .from = base->stage.id, .tag = tag, .stride = sizeof *a.rows};
    uint32_t limit = q->limit ? q->limit : CACHE_LIMIT;
    int known;

    if (!s || s->open_prev || ((q->flags & WICK_Q_PARTIAL) && q->end_ns > s->closed_ns))
        return 0;
    known = !(q->flags & WICK_Q_PREV) || q->start_ns == INT64_MIN ||
            backward(m, s, INT64_MIN, q->start_ns, 1, &a);
    known = known && (q->flags & WICK_Q_DESC ? backward(m, s, q->start_ns, q->end_ns, limit, &a)
                                             : forward(m, s, q->start_ns, q->end_ns, limit, &a));
    if (!known) {
        mem_free(a.w, a.rows);
        return 0;
    }
    ev.data = a.rows;
    ev.count = a.count;
    return event_push(a.w, &ev, a.rows, mem_release) == WICK_OK;
}

/* ---- changed --------------------------------------------------------------------------------- */

static void forget(cache_memory *m, series *s, int64_t time_ns)
{
    chunk *c = chunks_find(&m->chunks, s->market, s->interval, time_ns);

    if (c)
        chunks_drop(&m->chunks, c);
    s->has_floor = s->has_ceil = 0;
}

static void change(cache_memory *m, const wick_candle *row)
{
    series *s = cache_series(m, row->market, row->interval);
    chunk *c;

    if (!s)
        return;
    s->open_prev |= (row->flags & WICK_CANDLE_OPEN_PREV) != 0;
    if (!(row->flags & WICK_CANDLE_CLOSED) || row->method != WICK_METHOD_TRADES) {
        if (row->method != WICK_METHOD_TRADES || row->time_ns < s->closed_ns)
            forget(m, s, row->time_ns); /* what was closed is open again, or of another kind */
        if (row->time_ns < s->closed_ns)
            s->closed_ns = row->time_ns;
        return;
    }
    if (row->end_ns > s->closed_ns)
        s->closed_ns = row->end_ns;
    if (s->has_floor && row->time_ns < s->floor_ns)
        s->has_floor = 0;
    if (s->has_ceil && row->time_ns >= s->ceil_ns) { /* up to it there is nothing but this row */
        s->has_ceil = cache_fill(m, s, s->ceil_ns, row->time_ns + 1, row, 1);
        s->ceil_ns = row->time_ns + 1;
        return;
    }
    c = chunks_find(&m->chunks, s->market, s->interval, row->time_ns);
    if (c && row->time_ns >= c->lo_ns && row->time_ns < c->hi_ns)
        chunks_fill(&m->chunks, s->market, s->interval, row->time_ns, row->time_ns + 1, row, 1);
}

static void changed(cache *base, const wick_candle *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        change((cache_memory *)base, &rows[i]);
}

static void forgotten(cache *base, int64_t before_ns)
{
    chunks *k = &((cache_memory *)base)->chunks;

    for (chunk *c = k->oldest, *next; c; c = next) {
        next = c->newer;
        if (c->begin_ns < before_ns)
            chunks_drop(k, c);
    }
}

/* ---- opening and closing --------------------------------------------------------------------- */

static int open_memory(cache *base, const char *rest)
{
    cache_memory *m = (cache_memory *)base;
    wick *w = base->stage.w;

    if (*rest)
        return ctx_fail(w, WICK_E_ARG, "cache.url: 'memory:%s' has something behind the colon",
                        rest);
    if (chunks_open(&m->chunks, w, base->stage.stats, (uint64_t)conf_int(w->conf, "cache.rows")) <
        0)
        return ctx_fail(w, WICK_E_NOMEM, "open the cache: no memory");
    return WICK_OK;
}

static void close_memory(cache *base)
{
    cache_memory *m = (cache_memory *)base;

    chunks_close(&m->chunks);
    mem_free(base->stage.w, m->series);
}

const cache_driver cache_memory_driver = {
    .name = "memory",
    .self_size = sizeof(cache_memory),
    .open = open_memory,
    .query = query,
    .put = cache_put,
    .changed = changed,
    .forgotten = forgotten,
    .close = close_memory,
};
