/* SPDX-License-Identifier: Apache-2.0
 * The cache in memory. A series (market and interval) knows its chunks, and from where to where there is anything at
 * all, so that open ends of a query can be answered too. Bounded by cache.rows. */
#include <string.h>

#include "chunks.h"

enum { SERIES_MAX = 1 << 16, RANGE_CHUNKS_MAX = 64 };

typedef struct series {
    uint32_t market, interval, used;
    int      has_floor, has_ceil;           /* nothing begins before floor; nothing at or behind ceil */
    int64_t  floor_ns, ceil_ns;
    int64_t  closed_ns;                     /* what begins before it is closed */
} series;

typedef struct cache_memory {
    cache    cache;
    chunks   chunks;
    series  *series;                        /* open addressing, a power of two */
    uint32_t series_cap, series_count;
} cache_memory;

typedef struct answer { wick *w; wick_candle *rows; uint32_t count, cap; } answer;

/* ---- series ------------------------------------------------------------------------------------------ */

static series *place(series *all, uint32_t cap, uint32_t market, uint32_t interval)
{
    uint64_t h = ((uint64_t)market << 32 | interval) * 0x9e3779b97f4a7c15u;
    uint32_t at = (uint32_t)(h >> 32) & (cap - 1);

    while (all[at].used && (all[at].market != market || all[at].interval != interval))
        at = (at + 1) & (cap - 1);
    return &all[at];
}

static series *series_of(cache_memory *m, uint32_t market, uint32_t interval)
{
    series *s = m->series_cap ? place(m->series, m->series_cap, market, interval) : NULL;

    return s && s->used ? s : NULL;
}

static series *series_make(cache_memory *m, uint32_t market, uint32_t interval)
{
    wick *w = m->cache.stage.w;
    series *s = series_of(m, market, interval), *all;

    if (s || m->series_count >= SERIES_MAX)
        return s;
    if (m->series_count * 2 >= m->series_cap) {
        uint32_t cap = m->series_cap ? m->series_cap * 2 : 64;

        if (!(all = mem_zero(w, cap * sizeof *all)))
            return NULL;
        for (uint32_t i = 0; i < m->series_cap; i++)
            if (m->series[i].used)
                *place(all, cap, m->series[i].market, m->series[i].interval) = m->series[i];
        mem_free(w, m->series);
        m->series = all;
        m->series_cap = cap;
    }
    s = place(m->series, m->series_cap, market, interval);
    *s = (series){.market = market, .interval = interval, .used = 1, .closed_ns = INT64_MIN};
    m->series_count++;
    return s;
}

/* ---- query ------------------------------------------------------------------------------------------- */

static int take(answer *a, const wick_candle *row)
{
    if (a->count == a->cap) {
        uint32_t cap = a->cap ? a->cap * 2 : 64;
        wick_candle *rows = mem_resize(a->w, a->rows, cap * sizeof *rows);

        if (!rows)
            return 0;
        a->rows = rows;
        a->cap = cap;
    }
    a->rows[a->count++] = *row;
    return 1;
}

/* Up to `limit` candles of [pos, end), ascending; 0: not all are known. */
static int forward(cache_memory *m, const series *s, int64_t pos, int64_t end, uint32_t limit, answer *a)
{
    uint32_t until = a->count + limit;

    if (s->has_floor && pos < s->floor_ns)
        pos = s->floor_ns;
    while (pos < end && !(s->has_ceil && pos >= s->ceil_ns) && a->count < until) {
        chunk *c = chunks_find(&m->chunks, s->market, s->interval, pos);

        if (!c || pos < c->lo_ns || pos >= c->hi_ns)
            return 0;
        for (uint32_t i = chunk_from(c, pos); i < c->count && c->rows[i].time_ns < end && a->count < until; i++)
            if (!take(a, &c->rows[i]))
                return 0;
        pos = c->hi_ns;
    }
    return 1;
}

/* The same from the end of [start, pos) back, descending. */
static int backward(cache_memory *m, const series *s, int64_t start, int64_t pos, uint32_t limit, answer *a)
{
    uint32_t until = a->count + limit;

    if (s->has_ceil && pos > s->ceil_ns)
        pos = s->ceil_ns;
    while (pos > start && !(s->has_floor && pos <= s->floor_ns) && a->count < until) {
        chunk *c = chunks_find(&m->chunks, s->market, s->interval, pos - 1);

        if (!c || pos <= c->lo_ns || pos > c->hi_ns)
            return 0;
        for (uint32_t i = chunk_from(c, pos); i-- > 0 && c->rows[i].time_ns >= start && a->count < until;)
            if (!take(a, &c->rows[i]))
                return 0;
        pos = c->lo_ns;
    }
    return 1;
}

static int query(cache *base, const wick_query *q, uint32_t tag)
{
    cache_memory *m = (cache_memory *)base;
    series *s = series_of(m, q->market, q->interval);
    answer a = {.w = base->stage.w};
    wick_event ev = {.kind = WICK_EV_CANDLES, .from = base->stage.id, .tag = tag, .stride = sizeof *a.rows};
    uint32_t limit = q->limit ? q->limit : CACHE_LIMIT;
    int known;

    if (!s || ((q->flags & WICK_Q_PARTIAL) && q->end_ns > s->closed_ns))
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

/* ---- put --------------------------------------------------------------------------------------------- */

/* Make [lo, hi) known, chunk by chunk. */
static int fill(cache_memory *m, const series *s, int64_t lo, int64_t hi, const wick_candle *rows, uint32_t count)
{
    int64_t length = cache_chunk_ns(s->interval);
    int kept = 1;

    if (count && (hi - lo) / length > RANGE_CHUNKS_MAX)     /* a long silence in front is not worth its chunks */
        lo = rows[0].time_ns;
    if (lo < hi && (uint64_t)(hi - lo) / (uint64_t)length > RANGE_CHUNKS_MAX + (uint64_t)count)
        return 0;
    while (lo < hi && kept) {
        int64_t begin = cache_chunk(s->interval, lo), end;
        uint32_t n = 0;

        end = begin > INT64_MAX - length || begin + length > hi ? hi : begin + length;
        while (n < count && rows[n].time_ns < end)
            n++;
        kept = chunks_fill(&m->chunks, s->market, s->interval, lo, end, rows, n);
        rows += n;
        count -= n;
        lo = end;
    }
    return kept;
}

/* An answer taken apart: its closed rows ascending, the one in front (before start) first where there is one. */
typedef struct said {
    wick_candle *rows;
    uint32_t count, prev;
    int      whole;                         /* it was not cut by its limit */
    int64_t  open_ns;                       /* where its first open row begins */
} said;

static void sort_out(const wick_query *q, const wick_candle *in, uint32_t n, said *a)
{
    uint32_t front = n && in[0].time_ns < q->start_ns;

    a->open_ns = INT64_MAX;
    a->whole = n - front < (q->limit ? q->limit : CACHE_LIMIT);
    for (uint32_t i = 0; i < n; i++) {
        const wick_candle *row = i < front || !(q->flags & WICK_Q_DESC) ? &in[i] : &in[n - 1 - (i - front)];

        if (row->flags & WICK_CANDLE_CLOSED)
            a->rows[a->count++] = *row;
        else if (row->time_ns < a->open_ns)
            a->open_ns = row->time_ns;
    }
    a->prev = front && a->count && a->rows[0].time_ns < q->start_ns;
    while (a->count && a->rows[a->count - 1].time_ns >= a->open_ns)
        a->count--;
}

/* The range for which the rows are all there is; a cut answer reaches only as far as its last row. */
static void bounds(series *s, const wick_query *q, said *a, int64_t *lo, int64_t *hi)
{
    int cut_front = !a->whole && (q->flags & WICK_Q_DESC), cut_end = !a->whole && !cut_front;
    int none_before = (q->flags & WICK_Q_PREV) && !a->prev;

    *lo = q->start_ns > 0 ? q->start_ns : 0;                /* no bucket begins before 1970 */
    *hi = q->end_ns < a->open_ns ? q->end_ns : a->open_ns;
    if (cut_front) {
        a->rows += a->prev;
        a->count -= a->prev;
        *lo = a->count ? a->rows[0].time_ns : *hi;
    } else if (a->prev) {
        *lo = a->rows[0].time_ns;
    }
    if (cut_end)
        *hi = a->count > a->prev ? a->rows[a->count - 1].time_ns + 1 : *lo;
    if (*hi == INT64_MAX) {
        *hi = a->count ? a->rows[a->count - 1].time_ns + 1 : *lo;
        s->has_ceil = 1;
        s->ceil_ns = *hi;
    }
    if (!cut_front && (*lo == 0 || none_before)) {
        *lo = a->count ? a->rows[0].time_ns : *hi;
        s->has_floor = 1;
        s->floor_ns = *lo;
    }
}

static int put(cache *base, const wick_query *q, const wick_candle *rows, uint32_t n)
{
    cache_memory *m = (cache_memory *)base;
    wick *w = base->stage.w;
    wick_candle *block;
    int64_t lo, hi;
    series *s;
    said a = {0};
    int rc = 0;

    if (m->chunks.most == 0 || q->end_ns <= q->start_ns || !(s = series_make(m, q->market, q->interval)) ||
        !(block = mem_alloc(w, (n + 1) * sizeof *block)))
        return 0;
    a.rows = block;
    sort_out(q, rows, n, &a);
    if (a.open_ns > q->start_ns) {
        if (a.count && a.rows[a.count - 1].end_ns > s->closed_ns)
            s->closed_ns = a.rows[a.count - 1].end_ns;
        bounds(s, q, &a, &lo, &hi);
        rc = lo >= hi || fill(m, s, lo, hi, a.rows, a.count);
    }
    mem_free(w, block);
    return rc;
}

/* ---- changed ----------------------------------------------------------------------------------------- */

static void forget(cache_memory *m, series *s, int64_t time_ns)
{
    chunk *c = chunks_find(&m->chunks, s->market, s->interval, time_ns);

    if (c)
        chunks_drop(&m->chunks, c);
    s->has_floor = s->has_ceil = 0;
}

static void change(cache_memory *m, const wick_candle *row)
{
    series *s = series_of(m, row->market, row->interval);
    chunk *c;

    if (!s)
        return;
    if (!(row->flags & WICK_CANDLE_CLOSED) || row->method != WICK_METHOD_TRADES) {
        if (row->method != WICK_METHOD_TRADES || row->time_ns < s->closed_ns)
            forget(m, s, row->time_ns);                     /* what was closed is open again, or of another kind */
        if (row->time_ns < s->closed_ns)
            s->closed_ns = row->time_ns;
        return;
    }
    if (row->end_ns > s->closed_ns)
        s->closed_ns = row->end_ns;
    if (s->has_floor && row->time_ns < s->floor_ns)
        s->has_floor = 0;
    if (s->has_ceil && row->time_ns >= s->ceil_ns) {        /* up to it there is nothing but this row */
        s->has_ceil = fill(m, s, s->ceil_ns, row->time_ns + 1, row, 1);
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

/* ---- opening and closing ----------------------------------------------------------------------------- */

static int open_memory(cache *base, const char *rest)
{
    cache_memory *m = (cache_memory *)base;
    wick *w = base->stage.w;

    if (*rest)
        return ctx_fail(w, WICK_E_ARG, "cache.url: 'memory:%s' has something behind the colon", rest);
    if (chunks_open(&m->chunks, w, base->stage.stats, (uint64_t)conf_int(w->conf, "cache.rows")) < 0)
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
    .name = "memory", .self_size = sizeof(cache_memory), .open = open_memory, .query = query, .put = put,
    .changed = changed, .close = close_memory,
};
