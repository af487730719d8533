/* SPDX-License-Identifier: Apache-2.0
 * Rows of the next commit, by market, interval and time: what is late again finds its row. */
#include "agg_work.h"

#include <string.h>

static uint32_t place(const row_set *r, uint32_t market, uint32_t interval, int64_t time_ns)
{
    uint64_t h = ((uint64_t)time_ns ^ (uint64_t)market << 40 ^ (uint64_t)interval << 8) *
                 0x9e3779b97f4a7c15ULL;
    uint32_t i = (uint32_t)(h >> 32) & (r->cap - 1);

    for (; r->slots[i]; i = (i + 1) & (r->cap - 1)) {
        const wick_candle *c = &r->c->candles[r->slots[i] - 1];
        if (c->time_ns == time_ns && c->market == market && c->interval == interval)
            break;
    }
    return i;
}

wick_candle *rows_find(const row_set *r, uint32_t market, uint32_t interval, int64_t time_ns)
{
    uint32_t i;

    if (!r->c || !r->cap)
        return NULL;
    i = place(r, market, interval, time_ns);
    return r->slots[i] ? &r->c->candles[r->slots[i] - 1] : NULL;
}

static int grow(agg *a)
{
    row_set *r = &a->rows;
    uint32_t cap = r->cap ? r->cap * 2 : 256;
    uint32_t *slots = mem_zero(a->stage.w, cap * sizeof *slots);

    if (!slots)
        return WICK_E_NOMEM;
    mem_free(a->stage.w, r->slots);
    r->slots = slots;
    r->cap = cap;
    for (uint32_t i = 0; i < r->c->candle_count; i++) {
        const wick_candle *c = &r->c->candles[i];
        r->slots[place(r, c->market, c->interval, c->time_ns)] = i + 1;
    }
    return WICK_OK;
}

int rows_begin(agg *a)
{
    if (a->rows.c)
        return WICK_OK;
    if (!(a->rows.c = commit_new(a->stage.w)))
        return WICK_E_NOMEM;
    if (a->rows.cap)
        memset(a->rows.slots, 0, a->rows.cap * sizeof *a->rows.slots);
    return WICK_OK;
}

wick_candle *rows_add(agg *a, uint32_t market, uint32_t interval, int64_t time_ns, int64_t end_ns)
{
    row_set *r = &a->rows;
    wick_candle *c;

    if (rows_begin(a) < 0 || (r->c->candle_count * 2 >= r->cap && grow(a) < 0) ||
        !(c = commit_candle(r->c)))
        return NULL;
    c->market = market;
    c->interval = interval;
    c->time_ns = time_ns;
    c->end_ns = end_ns;
    r->slots[place(r, market, interval, time_ns)] = r->c->candle_count;
    return c;
}

void rows_fini(agg *a)
{
    commit_free(a->rows.c);
    mem_free(a->stage.w, a->rows.slots);
    a->rows = (row_set){0};
}
