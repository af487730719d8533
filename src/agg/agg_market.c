/* SPDX-License-Identifier: Apache-2.0
 * A market's open buckets: finding them, closing them into rows and parents, and telling closed
 * rows when coverage turns out to be other than it seemed. */
#include "agg_work.h"
#include "../core/time.h"

#include <string.h>

enum { SHELF_MIN = 8, RECHECK_MAX = 100000 };

/* ---- shelves --------------------------------------------------------------------------------- */

static uint32_t place(const shelf *s, int64_t time_ns)
{
    uint64_t h = (uint64_t)time_ns * 0x9e3779b97f4a7c15ULL;
    uint32_t i = (uint32_t)(h >> 32) & (s->cap - 1);

    while (s->slots[i] && s->slots[i]->time_ns != time_ns)
        i = (i + 1) & (s->cap - 1);
    return i;
}

bar *shelf_find(const shelf *s, int64_t time_ns)
{
    return s->cap ? s->slots[place(s, time_ns)] : NULL;
}

static int grow(agg *a, shelf *s)
{
    shelf more = { .cap = s->cap ? s->cap * 2 : SHELF_MIN };

    if (!(more.slots = mem_zero(a->stage.w, more.cap * sizeof *more.slots)))
        return WICK_E_NOMEM;
    for (uint32_t i = 0; i < s->cap; i++)
        if (s->slots[i])
            more.slots[place(&more, s->slots[i]->time_ns)] = s->slots[i];
    mem_free(a->stage.w, s->slots);
    s->slots = more.slots;
    s->cap = more.cap;
    return WICK_OK;
}

bar *shelf_get(agg *a, agg_market *m, uint32_t row, int64_t time_ns)
{
    shelf *s = &m->shelves[row];
    uint32_t interval = a->plan.rows[row].interval;
    int64_t begin = wick_bucket(interval, time_ns);
    bar *b = shelf_find(s, begin);

    if (b)
        return s->last = b;
    if (s->count * 2 >= s->cap && grow(a, s) < 0)
        return NULL;
    b = s->spare;
    s->spare = NULL;
    if (!b && !(b = mem_zero(a->stage.w, sizeof *b)))
        return NULL;
    bar_begin(b, m->id, interval, begin, wick_bucket_end(interval, begin));
    s->slots[place(s, begin)] = b;
    s->count++;
    a->stage.stats[AGG_OPEN]++;
    if (b->end_ns < m->next_end)
        m->next_end = b->end_ns;
    return s->last = b;
}

void shelf_drop(agg *a, shelf *s, bar *b)
{
    uint32_t mask = s->cap - 1, hole = place(s, b->time_ns), i = hole;

    while (s->slots[i = (i + 1) & mask]) {
        bar *other = s->slots[i];
        s->slots[i] = NULL;
        s->slots[hole] = NULL;
        s->slots[place(s, other->time_ns)] = other;
        hole = s->slots[hole] ? i : hole;
    }
    s->slots[hole] = NULL;
    s->count--;
    a->stage.stats[AGG_OPEN]--;
    if (s->last == b)
        s->last = NULL;
    if (s->spare)
        mem_free(a->stage.w, s->spare);
    s->spare = b;
}

/* ---- markets --------------------------------------------------------------------------------- */

agg_market *agg_market_get(agg *a, uint32_t id, uint32_t partition)
{
    wick *w = a->stage.w;
    agg_market *m;

    if (id < a->index_cap && a->index[id])
        return a->markets[a->index[id] - 1];
    if (MEM_GROW_ZERO(w, a->index, a->index_cap, (uint64_t)id + 1, MARKET_MAX) < 0 ||
        MEM_GROW(w, a->markets, a->market_cap, (uint64_t)a->market_count + 1, MARKET_MAX) < 0 ||
        !(m = mem_zero(w, sizeof *m + a->plan.count * sizeof *m->shelves)))
        return NULL;
    m->id = id;
    m->partition = partition;
    m->next_end = INT64_MAX;
    m->told_from = INT64_MAX;
    m->known_ns = INT64_MIN;
    cover_init(&m->cov, a->delay_ns);
    window_init(&m->win);
    a->markets[a->market_count++] = m;
    a->index[id] = a->market_count;
    a->stage.stats[AGG_MARKETS]++;
    return m;
}

void agg_market_free(agg *a, agg_market *m)
{
    for (uint32_t k = 0; k < a->plan.count; k++) {
        shelf *s = &m->shelves[k];
        for (uint32_t i = 0; i < s->cap; i++)
            mem_free(a->stage.w, s->slots[i]);
        mem_free(a->stage.w, s->slots);
        mem_free(a->stage.w, s->spare);
    }
    cover_fini(a->stage.w, &m->cov);
    eras_fini(a->stage.w, &m->eras);
    window_fini(a->stage.w, &m->win);
    mem_free(a->stage.w, m->told);
    mem_free(a->stage.w, m);
}

/* ---- closing --------------------------------------------------------------------------------- */

uint32_t agg_flags(const agg_market *m, int64_t begin_ns, int64_t end_ns)
{
    uint32_t rule = agg_era(m, begin_ns)->flags & WICK_MARK_F_OPEN_PREV;
    uint32_t flags = rule ? WICK_CANDLE_OPEN_PREV : 0;
    if (end_ns > m->cov.watermark_ns)
        return flags;
    flags |= WICK_CANDLE_CLOSED;
    return flags | (cover_complete(&m->cov, begin_ns, end_ns) ? WICK_CANDLE_COMPLETE : 0);
}

void agg_behind(const agg_market *m, int64_t prev_ns, wick_candle *c)
{
    if (prev_ns && (c->flags & WICK_CANDLE_OPEN_PREV) &&
        !cover_complete(&m->cov, prev_ns + 1, c->first.time_ns))
        c->flags = (c->flags | WICK_CANDLE_BEHIND) & ~(uint32_t)WICK_CANDLE_COMPLETE;
}

/* The first bucket of a shelf that is over. */
static bar *due(const shelf *s, int64_t watermark_ns)
{
    bar *first = NULL;

    for (uint32_t i = 0; i < s->cap && s->count; i++)
        if (s->slots[i] && s->slots[i]->end_ns <= watermark_ns &&
            (!first || s->slots[i]->time_ns < first->time_ns))
            first = s->slots[i];
    return first;
}

/* Merge a closed root bucket into what is open above it. A parent that would go over 38 digits
 * stays without it. */
static int into_parents(agg *a, agg_market *m, uint32_t root, const wick_candle *c)
{
    for (uint32_t k = 0; k < a->plan.count; k++) {
        bar *p;
        if (k == root || a->plan.rows[k].root != root)
            continue;
        if (!(p = shelf_get(a, m, k, c->time_ns)))
            return WICK_E_NOMEM;
        if (!bar_merge(p, c))
            ctx_log(a->stage.w, 0, "agg: a candle of %s is over 38 digits",
                    wick_market_name(a->stage.w, m->id));
    }
    return WICK_OK;
}

static int close_shelf(agg *a, agg_market *m, uint32_t row)
{
    shelf *s = &m->shelves[row];
    bar *b;

    while ((b = due(s, m->cov.watermark_ns))) {
        wick_candle *c = rows_add(a, m->id, b->interval, b->time_ns, b->end_ns);
        if (!c)
            return WICK_E_NOMEM;
        bar_read(b, c);
        c->flags = agg_flags(m, b->time_ns, b->end_ns);
        if (a->stage.out_count == 0)
            agg_behind(m, s->prev_ns, c);
        s->prev_ns = c->last.time_ns;
        if (a->plan.rows[row].root == row && into_parents(a, m, row, c) < 0)
            return WICK_E_NOMEM;
        shelf_drop(a, s, b);
    }
    return WICK_OK;
}

int agg_close_due(agg *a, agg_market *m)
{
    if (m->next_end > m->cov.watermark_ns)
        return WICK_OK;
    m->dirty = a->dirty = 1;
    for (uint32_t k = 0; k < a->plan.count; k++)        /* parents come behind their roots */
        if (close_shelf(a, m, k) < 0)
            return WICK_E_NOMEM;
    m->next_end = INT64_MAX;
    for (uint32_t k = 0; k < a->plan.count; k++)
        for (uint32_t i = 0; i < m->shelves[k].cap; i++)
            if (m->shelves[k].slots[i] && m->shelves[k].slots[i]->end_ns < m->next_end)
                m->next_end = m->shelves[k].slots[i]->end_ns;
    return WICK_OK;
}

/* ---- coverage that changed behind the watermark ---------------------------------------------- */

static int has(const cover *c, const cover_gap *g)
{
    for (uint32_t i = 0; i < c->gaps.count; i++)
        if (c->gaps.all[i].from_ns == g->from_ns && c->gaps.all[i].to_ns == g->to_ns)
            return 1;
    return c->gap.from_ns == g->from_ns && c->gap.to_ns == g->to_ns;
}

/* The least time at which x says something that y does not. */
static int64_t differs_from(const cover *x, const cover *y)
{
    int64_t least = x->from_ns == y->from_ns ? INT64_MAX : x->from_ns;

    for (uint32_t i = 0; i < x->gaps.count; i++)
        if (x->gaps.all[i].from_ns < least && !has(y, &x->gaps.all[i]))
            least = x->gaps.all[i].from_ns;
    if (gap_is(&x->gap) && !has(y, &x->gap) && x->gap.from_ns < least)
        least = x->gap.from_ns;
    return least;
}

static int recheck_row(agg *a, agg_market *m, const cover *old, uint32_t interval, int64_t from_ns)
{
    int64_t begin = wick_bucket(interval, from_ns), end;

    for (int n = 0;
         n < RECHECK_MAX && (end = wick_bucket_end(interval, begin)) <= old->watermark_ns;
         n++, begin = end) {
        wick_candle *c;
        if (cover_complete(old, begin, end) == cover_complete(&m->cov, begin, end))
            continue;
        if (!(c = rows_find(&a->rows, m->id, interval, begin))) {
            if (!(c = rows_add(a, m->id, interval, begin, end)))
                return WICK_E_NOMEM;
            c->flags = WICK_CANDLE_DELTA;
        }
        c->flags = (c->flags & WICK_CANDLE_DELTA) | agg_flags(m, begin, end);
        m->dirty = a->dirty = 1;
    }
    return WICK_OK;
}

int agg_recheck(agg *a, agg_market *m, const cover *old)
{
    int64_t x = differs_from(old, &m->cov), y = differs_from(&m->cov, old);
    int64_t from = x < y ? x : y, horizon;

    if (from >= old->watermark_ns)
        return WICK_OK;
    if (!__builtin_sub_overflow(old->watermark_ns, a->lateness_ns, &horizon) && from < horizon)
        from = horizon;
    for (uint32_t k = 0; k < a->plan.count; k++)
        if (recheck_row(a, m, old, a->plan.rows[k].interval, from < 0 ? 0 : from) < 0)
            return WICK_E_NOMEM;
    return WICK_OK;
}
