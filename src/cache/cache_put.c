/* SPDX-License-Identifier: Apache-2.0
 * What the memory cache learns from an answer of the store: which rows, and for which range they
 * are all there is. */
#include "cache_memory.h"

enum { RANGE_CHUNKS_MAX = 64 };

static series *place(series *all, uint32_t cap, uint32_t market, uint32_t interval)
{
    uint64_t h = ((uint64_t)market << 32 | interval) * 0x9e3779b97f4a7c15u;
    uint32_t at = (uint32_t)(h >> 32) & (cap - 1);

    while (all[at].used && (all[at].market != market || all[at].interval != interval))
        at = (at + 1) & (cap - 1);
    return &all[at];
}

series *cache_series(cache_memory *m, uint32_t market, uint32_t interval)
{
    series *s = m->series_cap ? place(m->series, m->series_cap, market, interval) : NULL;

    return s && s->used ? s : NULL;
}

series *cache_series_make(cache_memory *m, uint32_t market, uint32_t interval)
{
    wick *w = m->cache.stage.w;
    series *s = cache_series(m, market, interval), *all;

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

/* ---- an answer ------------------------------------------------------------------------------- */

int cache_fill(cache_memory *m, const series *s, int64_t lo, int64_t hi, const wick_candle *rows,
               uint32_t count)
{
    int64_t length = cache_chunk_ns(s->interval);
    int kept = 1;

    if (count &&
        (hi - lo) / length > RANGE_CHUNKS_MAX) /* a long silence in front is not worth its chunks */
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

/* An answer taken apart: its closed rows ascending, the one in front (before start) first where
 * there is one. */
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
        const wick_candle *row =
            i < front || !(q->flags & WICK_Q_DESC) ? &in[i] : &in[n - 1 - (i - front)];

        if (row->flags & WICK_CANDLE_CLOSED)
            a->rows[a->count++] = *row;
        else if (row->time_ns < a->open_ns)
            a->open_ns = row->time_ns;
    }
    a->prev = front && a->count && a->rows[0].time_ns < q->start_ns;
    while (a->count && a->rows[a->count - 1].time_ns >= a->open_ns)
        a->count--;
}

/* The range for which the rows are all there is; a cut answer reaches as far as its last row. */
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

int cache_put(cache *base, const wick_query *q, const wick_candle *rows, uint32_t n)
{
    cache_memory *m = (cache_memory *)base;
    wick *w = base->stage.w;
    wick_candle *block;
    int64_t lo, hi;
    series *s;
    said a = {0};
    int rc = 0;

    if (m->chunks.most == 0 || q->end_ns <= q->start_ns ||
        !(s = cache_series_make(m, q->market, q->interval)) ||
        !(block = mem_alloc(w, (n + 1) * sizeof *block)))
        return 0;
    a.rows = block;
    sort_out(q, rows, n, &a);
    for (uint32_t i = 0; i < n; i++)
        s->open_prev |= (rows[i].flags & WICK_CANDLE_OPEN_PREV) != 0;
    if (a.open_ns > q->start_ns && !s->open_prev) {
        if (a.count && a.rows[a.count - 1].end_ns > s->closed_ns)
            s->closed_ns = a.rows[a.count - 1].end_ns;
        bounds(s, q, &a, &lo, &hi);
        rc = lo >= hi || cache_fill(m, s, lo, hi, a.rows, a.count);
    }
    mem_free(w, block);
    return rc;
}
