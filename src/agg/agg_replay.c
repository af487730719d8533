/* SPDX-License-Identifier: Apache-2.0
 * The end of a replay: a recording is folded whole, now its candles come out, by market,
 * interval and time. */
#include "agg_work.h"
#include "../core/time.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_ROWS = 4096 };

typedef struct out {                    /* rows on their way to the script */
    agg         *a;
    uint32_t     tag, count;
    wick_candle *rows;
    int64_t      prev_ns;               /* last trade of the candle before, 0: the first */
} out;

static int flush(out *o)
{
    wick_event ev = { .kind = WICK_EV_CANDLES,
                      .from = o->a->stage.id,
                      .tag = o->tag,
                      .data = o->rows,
                      .count = o->count,
                      .stride = sizeof *o->rows };
    wick_candle *rows = o->rows;

    if (!o->count)
        return WICK_OK;
    o->rows = NULL;
    o->count = 0;
    if (event_push(o->a->stage.w, &ev, rows, mem_release) < 0)
        return ctx_fail(o->a->stage.w, WICK_E_NOMEM, "agg: the candles find no room in the queue");
    return WICK_OK;
}

static int put(out *o, const agg_market *m, const wick_candle *c)
{
    int closed = c->end_ns <= o->a->last_ns;
    int64_t prev_ns = o->prev_ns;
    wick_candle *row;

    o->prev_ns = c->last.time_ns;
    if (!closed && !o->a->partial)
        return WICK_OK;
    if (!o->rows && !(o->rows = mem_alloc(o->a->stage.w, BATCH_ROWS * sizeof *o->rows)))
        return ctx_fail(o->a->stage.w, WICK_E_NOMEM, "agg: no memory for candles");
    row = &o->rows[o->count++];
    *row = *c;
    row->flags = agg_era(m, c->time_ns)->flags & WICK_MARK_F_OPEN_PREV ? WICK_CANDLE_OPEN_PREV : 0;
    if (closed)
        row->flags |= WICK_CANDLE_CLOSED;
    if (closed && cover_complete(&m->cov, c->time_ns, c->end_ns))
        row->flags |= WICK_CANDLE_COMPLETE;
    agg_behind(m, prev_ns, row);
    return o->count == BATCH_ROWS ? flush(o) : WICK_OK;
}

static int by_time(const void *x, const void *y)
{
    const bar *a = *(bar *const *)x, *b = *(bar *const *)y;
    return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

/* The buckets of a root, in order, to one interval: as they are, or merged. */
static int put_interval(out *o, const agg_market *m, bar **bars, uint32_t count, uint32_t interval)
{
    wick_candle sum = {0}, c;
    int rc = WICK_OK;

    o->prev_ns = 0;
    for (uint32_t i = 0; i < count && rc == WICK_OK; i++) {
        int64_t begin = wick_bucket(interval, bars[i]->time_ns);
        if (sum.trades && sum.time_ns != begin) {
            rc = put(o, m, &sum);
            sum.trades = 0;
        }
        if (!sum.trades)
            fold_begin(&sum, m->id, interval, begin, wick_bucket_end(interval, begin));
        bar_read(bars[i], &c);
        if (!fold_merge(&sum, &c))
            rc = ctx_fail(o->a->stage.w, WICK_E_DATA, "agg: a candle of %s is over 38 digits",
                          wick_market_name(o->a->stage.w, m->id));
    }
    return rc == WICK_OK && sum.trades ? put(o, m, &sum) : rc;
}

static int put_row(out *o, const agg_market *m, uint32_t row)
{
    const shelf *s = &m->shelves[o->a->plan.rows[row].root];
    bar **bars = mem_alloc(o->a->stage.w, (s->count + 1) * sizeof *bars);
    uint32_t n = 0;
    int rc;

    if (!bars)
        return ctx_fail(o->a->stage.w, WICK_E_NOMEM, "agg: no memory to sort candles");
    for (uint32_t i = 0; i < s->cap; i++)
        if (s->slots[i] && bar_trades(s->slots[i]))
            bars[n++] = s->slots[i];
    qsort(bars, n, sizeof *bars, by_time);
    rc = put_interval(o, m, bars, n, o->a->plan.rows[row].interval);
    mem_free(o->a->stage.w, bars);
    return rc;
}

static int put_market(out *o, const agg_market *m)
{
    int rc = WICK_OK;

    for (uint32_t asked = 0; asked < o->a->plan.count && rc == WICK_OK; asked++)
        for (uint32_t k = 0; k < o->a->plan.count && rc == WICK_OK; k++)
            if (o->a->plan.rows[k].asked == asked)
                rc = put_row(o, m, k);
    return rc;
}

typedef struct named { const char *name; agg_market *m; } named;

static int by_name(const void *x, const void *y)
{
    return strcmp(((const named *)x)->name, ((const named *)y)->name);
}

int agg_replay_finish(agg *a, uint32_t tag)
{
    out o = { .a = a, .tag = tag };
    named *list = mem_alloc(a->stage.w, (a->market_count + 1) * sizeof *list);
    int rc = WICK_OK;

    if (!list)
        return ctx_fail(a->stage.w, WICK_E_NOMEM, "agg: no memory to sort markets");
    for (uint32_t i = 0; i < a->market_count; i++)
        list[i] = (named){ wick_market_name(a->stage.w, a->markets[i]->id), a->markets[i] };
    qsort(list, a->market_count, sizeof *list, by_name);
    for (uint32_t i = 0; i < a->market_count && rc == WICK_OK; i++)
        rc = put_market(&o, list[i].m);
    mem_free(a->stage.w, list);
    rc = rc == WICK_OK ? flush(&o) : rc;
    mem_free(a->stage.w, o.rows);
    if (rc < 0)
        return stage_event_text(&a->stage, WICK_EV_DONE, rc, tag, wick_error(a->stage.w));
    return stage_event(&a->stage, WICK_EV_DONE, WICK_OK, tag);
}
