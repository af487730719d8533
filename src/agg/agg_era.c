/* SPDX-License-Identifier: Apache-2.0
 * Who speaks for a market: eras that OPEN and SOURCE marks begin, and what of a record belongs to
 * them. A change cuts at the first base bucket behind all that was heard and folded of the source
 * before, so that every bucket has the trades of one source alone, in whatever order they come. */
#include "agg_work.h"

static const market_era NONE = { .from_ns = INT64_MIN };

const market_era *agg_era(const agg_market *m, int64_t time_ns)
{
    const market_era *e = eras_at(&m->eras, time_ns);

    return e ? e : &NONE;
}

int agg_era_speaks(const market_era *e, const wick_batch *b)
{
    return !b->source || !e->source || e->source == b->source;
}

ident agg_era_ident(const market_era *e, const wick_tick *t, const uint8_t *id)
{
    ident who = ident_of(t, id);

    who.hi += e->number * 0x9e3779b97f4a7c15ULL;        /* ids of two sources never meet */
    return who;
}

/* All that was heard or folded of a market ends at or before it; INT64_MIN: nothing was. */
static int64_t end_of(const agg *a, const agg_market *m)
{
    int64_t end = m->cov.to_ns > m->cov.watermark_ns ? m->cov.to_ns : m->cov.watermark_ns;

    for (uint32_t k = 0; k < a->plan.count; k++)
        for (uint32_t i = 0; a->plan.rows[k].root == k && i < m->shelves[k].cap; i++)
            if (m->shelves[k].slots[i] && m->shelves[k].slots[i]->end_ns > end)
                end = m->shelves[k].slots[i]->end_ns;
    return end;
}

static int64_t cut_of(const agg *a, const agg_market *m, const market_era *last)
{
    uint32_t base = a->plan.rows[0].interval;
    int64_t end = end_of(a, m), begin;

    if (end <= last->from_ns)
        return last->from_ns;                           /* it never spoke */
    begin = wick_bucket(base, end);
    return begin == end ? end : wick_bucket_end(base, begin);
}

static int put(agg *a, agg_market *m, const market_era *e)
{
    m->eras_changed = 1;
    if (eras_put(a->stage.w, &m->eras, e) < 0)
        return WICK_E_NOMEM;
    return market_put_era(a->stage.w, m->id, e);
}

static int change(agg *a, agg_market *m, const market_era *last, market_era *e)
{
    char time[32] = "";

    e->from_ns = cut_of(a, m, last);
    e->number = last->number + (e->from_ns != last->from_ns);
    if (e->from_ns == INT64_MIN)
        return put(a, m, e);
    if (cover_cut(a->stage.w, &m->cov, e->from_ns) < 0)
        return WICK_E_NOMEM;
    a->stage.stats[AGG_CUTS]++;
    wick_time_text(e->from_ns, time, sizeof time);
    ctx_log(a->stage.w, 2, "agg: %s: its source changes from %s to %s, from %s on",
            wick_market_name(a->stage.w, m->id), last->source, e->source, time);
    return put(a, m, e);
}

static int mark_era(agg *a, agg_market *m, const wick_mark *mark)
{
    int opens = mark->kind == WICK_MARK_OPEN;
    market_era e = { .from_ns = INT64_MIN, .source = wick_market_name(a->stage.w, mark->source),
                     .symbol = opens ? mark->symbol : NULL, .flags = opens ? mark->flags : 0 };
    market_era *last = eras_at(&m->eras, INT64_MAX);

    if (!last)
        return opens || e.source ? put(a, m, &e) : WICK_OK;
    if (e.source && last->source && e.source != last->source)
        return change(a, m, last, &e);
    if (!opens)
        return WICK_OK;
    e.from_ns = last->from_ns;
    e.number = last->number;
    e.source = last->source ? last->source : e.source;
    e.symbol = last->symbol ? last->symbol : e.symbol;
    if (e.source == last->source && e.symbol == last->symbol && e.flags == last->flags)
        return WICK_OK;
    return put(a, m, &e);
}

int agg_era_mark(agg *a, agg_market *m, wick_mark *mark)
{
    const market_era *last;

    if (mark->kind != WICK_MARK_OPEN && mark->kind != WICK_MARK_SOURCE)
        return WICK_OK;
    if (mark_era(a, m, mark) < 0)
        return WICK_E_NOMEM;
    last = agg_era(m, INT64_MAX);
    if (mark->kind == WICK_MARK_OPEN && mark->from_ns < last->from_ns)
        mark->from_ns = last->from_ns;
    return WICK_OK;
}

/* ---- in a commit ----------------------------------------------------------------------------- */

int agg_era_put(agg *a, const agg_market *m)
{
    for (uint32_t i = 0; m->eras_changed && i < m->eras.count; i++) {
        commit_era *out = commit_era_add(a->rows.c);
        if (!out)
            return WICK_E_NOMEM;
        *out = (commit_era){ m->id, 0, m->eras.list[i] };
    }
    return WICK_OK;
}

/* A market that the store knows no source of: the first that speaks is taken as its source all
 * along. */
int agg_era_load(agg *a, const commit *c)
{
    for (uint32_t i = 0; i < c->era_count; i++) {
        agg_market *m = agg_market_get(a, c->eras[i].market, UINT32_MAX);
        if (!m || eras_put(a->stage.w, &m->eras, &c->eras[i].era) < 0)
            return WICK_E_NOMEM;
    }
    for (uint32_t i = 0; i < c->market_count; i++) {
        agg_market *m = agg_market_get(a, c->markets[i].market, UINT32_MAX);
        market_era e = { .from_ns = INT64_MIN, .flags = c->markets[i].flags };
        if (!m || (!m->eras.count && eras_put(a->stage.w, &m->eras, &e) < 0))
            return WICK_E_NOMEM;
    }
    return WICK_OK;
}
