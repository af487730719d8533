/* SPDX-License-Identifier: Apache-2.0
 * The way of a trade: plausible, not ahead of its source's clock, new, heard, in time, folded. */
#include <string.h>

#include "../core/time.h"
#include "agg_work.h"

/* Why a trade is none, whatever its market; NULL: it is one. Prices and quantities that are not
 * above zero never pass a decoder; a foreign record may hold them. */
static const char *implausible(const agg *a, const wick_batch *b, const wick_tick *t)
{
    int64_t ahead;

    if (!wick_market_name(a->stage.w, t->market))
        return "bad-market";
    if (t->price <= 0)
        return "bad-price";
    if (t->qty <= 0)
        return "bad-qty";
    if (t->time_ns < 0 || t->time_ns >= TIME_END_NS)
        return "bad-time";
    if (t->id_at > b->byte_count || t->id_len > b->byte_count - t->id_at)
        return "bad-id";
    if (!a->replay && b->recv_ns > 0 && !__builtin_add_overflow(b->recv_ns, a->skew_ns, &ahead) &&
        t->time_ns > ahead)
        return "future";
    return NULL;
}

/* 1.50 is 1.5, to identities, digests and exponents; a sequence that only counts is none. */
static const wick_tick *canonical(agg *a, const wick_tick *t)
{
    wick_tick *c = &a->clean;
    int price_exp = t->price_exp, qty_exp = t->qty_exp;
    int untimed = t->flags & WICK_TICK_SEQ_UNTIMED, stripped = t->price % 10 && t->qty % 10;

    if (stripped && !untimed)
        return t;
    *c = *t;
    c->seq = untimed ? 0 : t->seq;
    if (stripped)
        return c;
    dec_strip(&c->price, &price_exp);
    dec_strip(&c->qty, &qty_exp);
    if (price_exp <= DEC_EXP_MAX && qty_exp <= DEC_EXP_MAX) {
        c->price_exp = (int8_t)price_exp;
        c->qty_exp = (int8_t)qty_exp;
    } else {
        c->price = t->price;
        c->qty = t->qty;
    }
    return c;
}

/* 1: known, 0: new, NOMEM. A snapshot's trade that the window has let go of, of a time that was
 * heard, is known. */
static int known(agg *a, agg_market *m, const wick_tick *t, ident who, uint64_t offset)
{
    int rc;

    if (a->replay) {
        who.lo ^= (uint64_t)m->id * 0x9e3779b97f4a7c15ULL;  /* one set for all markets */
        return idset_see(a->stage.w, &a->seen, who);
    }
    if ((t->flags & WICK_TICK_SNAPSHOT) && t->time_ns <= m->win.lost_ns &&
        cover_heard(&m->cov, t->time_ns))
        return 1;
    if ((rc = window_see(a->stage.w, &m->win, who, t->time_ns, offset, a->window_ns)) == 0)
        m->last_offset = offset;
    return rc;
}

/* Into a bucket that is closed: a delta to its row, or the row itself where that is not written
 * yet. */
static int fold_late(agg *a, agg_market *m, uint32_t row, const wick_tick *t, const uint8_t *id,
                     const wick_batch *b, uint32_t i)
{
    uint32_t interval = a->plan.rows[row].interval;
    int64_t begin = wick_bucket(interval, t->time_ns), end = wick_bucket_end(interval, begin);
    wick_candle *c;
    bar *p;

    if (end > m->cov.watermark_ns) {
        if (!(p = shelf_get(a, m, row, t->time_ns)))
            return WICK_E_NOMEM;
        return bar_tick(p, t, id, b->offset, i);
    }
    if (!(c = rows_find(&a->rows, m->id, interval, begin))) {
        if (!(c = rows_add(a, m->id, interval, begin, end)))
            return WICK_E_NOMEM;
        c->flags = WICK_CANDLE_DELTA | agg_flags(m, begin, end);
    }
    return fold_tick(c, t, id, b->offset, i);
}

/* 1: folded, 0: over 38 digits, NOMEM. */
static int fold(agg *a, agg_market *m, uint32_t row, const wick_tick *t, const uint8_t *id,
                const wick_batch *b, uint32_t i)
{
    shelf *s = &m->shelves[row];
    bar *open = s->last;
    int rc;

    if (!open || t->time_ns < open->time_ns || t->time_ns >= open->end_ns) {
        int64_t begin = wick_bucket(a->plan.rows[row].interval, t->time_ns);
        if (!a->replay &&
            wick_bucket_end(a->plan.rows[row].interval, begin) <= m->cov.watermark_ns) {
            if ((rc = fold_late(a, m, row, t, id, b, i)) <= 0)
                return rc;
            a->stage.stats[AGG_LATE] += row == 0;
            for (uint32_t k = 0; k < a->plan.count; k++)
                if (k != row && a->plan.rows[k].root == row && fold_late(a, m, k, t, id, b, i) < 0)
                    return WICK_E_NOMEM;
            return 1;
        }
        if (!(open = shelf_get(a, m, row, t->time_ns)))
            return WICK_E_NOMEM;
    }
    open->dirty = 1;
    return bar_tick(open, t, id, b->offset, i);
}

/* A market keeps so many open buckets: the oldest close before their time, by the log's order
 * alone. */
static int bound(agg *a, agg_market *m)
{
    while (!a->replay) {
        const shelf *s = &m->shelves[0];
        int64_t first = INT64_MAX;
        if (s->count <= AGG_OPEN_MAX)
            return WICK_OK;
        for (uint32_t i = 0; i < s->cap; i++)
            if (s->slots[i] && s->slots[i]->end_ns < first)
                first = s->slots[i]->end_ns;
        cover_push(&m->cov, first);
        if (agg_close_due(a, m) < 0)
            return WICK_E_NOMEM;
    }
    return WICK_OK;
}

/* Coverage as it was, for agg_recheck(). */
typedef struct kept_cover { cover c; cover_gap gaps[GAPS_MAX]; } kept_cover;

static void keep_cover(kept_cover *old, const cover *c)
{
    old->c = *c;
    if (c->gaps.count)
        memcpy(old->gaps, c->gaps.all, c->gaps.count * sizeof *old->gaps);
    old->c.gaps.all = old->gaps;
}

static int heard(agg *a, agg_market *m, const wick_tick *t, int again)
{
    kept_cover old;
    int rc, may = !a->replay && (m->cov.fresh || gaps_may(&m->cov.gaps, t));

    if (may)
        keep_cover(&old, &m->cov);
    if ((rc = cover_trade(a->stage.w, &m->cov, t, again)) < 0)
        return rc;
    if (may && old.c.changed != m->cov.changed && agg_recheck(a, m, &old.c) < 0)
        return WICK_E_NOMEM;
    return a->replay ? WICK_OK : agg_close_due(a, m);
}

/* A trade of a time that another log has told of, which is gone. What a connection repeats when it
 * begins, and what an input hands on that begins there again, was heard then; what comes later than
 * that may have been missed by both logs: its bucket is not whole. */
static int doubt(agg *a, agg_market *m, const wick_tick *t, int fresh)
{
    cover_gap gap = { .from_ns = t->time_ns, .to_ns = t->time_ns, .missing = GAP_UNCOUNTED };
    kept_cover old;

    if (fresh || t->time_ns >= m->cov.open_ns)
        return WICK_OK;
    keep_cover(&old, &m->cov);
    if (gaps_add(a->stage.w, &m->cov.gaps, gap) < 0)
        return WICK_E_NOMEM;
    m->cov.changed++;
    return agg_recheck(a, m, &old.c);
}

static int too_late(const agg *a, const agg_market *m, const wick_tick *t)
{
    int64_t horizon;

    return !a->replay && !__builtin_sub_overflow(m->cov.watermark_ns, a->lateness_ns, &horizon) &&
           t->time_ns < horizon;
}

int agg_tick(agg *a, const wick_batch *b, uint32_t i)
{
    const wick_tick *t = canonical(a, &b->ticks[i]);
    const uint8_t *id = t->id_len ? b->bytes + t->id_at : NULL;
    const char *why = implausible(a, b, t);
    const market_era *e;
    agg_market *m;
    int rc, fresh;

    a->stage.stats[AGG_TRADES]++;
    if (why)
        return agg_refuse(a, b, i, why);
    if (!(m = agg_market_get(a, t->market, b->partition)))
        return WICK_E_NOMEM;
    if (!agg_era_speaks(e = agg_era(m, t->time_ns), b))
        return agg_refuse(a, b, i, "other-source");
    m->dirty = 1;
    if (a->replay && t->time_ns > a->last_ns)
        a->last_ns = t->time_ns;
    if ((rc = known(a, m, t, agg_era_ident(e, t, id), b->offset)) < 0)
        return rc;
    a->stage.stats[AGG_DUPLICATES] += rc;
    fresh = m->cov.fresh;
    if (rc == 0 && t->time_ns <= m->known_ns && !gaps_ahead(&m->cov.gaps, &b->ticks[i]))
        rc = COVER_UNSURE;
    if (e == agg_era(m, INT64_MAX) && heard(a, m, &b->ticks[i], rc) < 0)
        return WICK_E_NOMEM;
    if (rc == COVER_UNSURE)
        return doubt(a, m, t, fresh) < 0 ? WICK_E_NOMEM : agg_refuse(a, b, i, "other-log");
    if (rc)
        return WICK_OK;
    if (too_late(a, m, t))
        return agg_refuse(a, b, i, "late-beyond-horizon");
    for (uint32_t k = 0; k < a->plan.count; k++) {
        if (a->plan.rows[k].root != k)
            continue;
        if ((rc = fold(a, m, k, t, id, b, i)) < 0)
            return rc;
        if (rc == 0)
            return agg_refuse(a, b, i, "overflow");
    }
    a->stage.stats[AGG_LAG_MS] = b->recv_ns ? (b->recv_ns - t->time_ns) / NS_PER_MS : 0;
    return bound(a, m);
}

int agg_refill(agg *a, const wick_batch *b, uint32_t i)
{
    const wick_tick *t = canonical(a, &b->ticks[i]);
    const uint8_t *id = t->id_len ? b->bytes + t->id_at : NULL;
    const market_era *e;
    agg_market *m;
    int rc;

    if (implausible(a, b, t))
        return WICK_OK;
    if (!(m = agg_market_get(a, t->market, b->partition)))
        return WICK_E_NOMEM;
    m->partition = b->partition;
    if (!agg_era_speaks(e = agg_era(m, t->time_ns), b))
        return WICK_OK;
    rc = window_again(a->stage.w, &m->win, agg_era_ident(e, t, id), t->time_ns, b->offset,
                      a->window_ns);
    if (rc == 0)
        m->last_offset = b->offset;
    return rc < 0 ? rc : WICK_OK;
}

static int mark_market(agg *a, agg_market *m, const wick_mark *mark)
{
    kept_cover old;
    int keep = mark->kind != WICK_MARK_ALIVE && !a->replay;
    wick_mark said = *mark;

    if (keep)
        keep_cover(&old, &m->cov);
    if (agg_era_mark(a, m, &said) < 0 || cover_mark(a->stage.w, &m->cov, &said) < 0)
        return WICK_E_NOMEM;
    m->dirty = 1;
    if (mark->kind == WICK_MARK_OPEN && mark->repeats > m->win.keep)
        m->win.keep = mark->repeats < WINDOW_MAX ? mark->repeats : WINDOW_MAX;
    if (keep && agg_recheck(a, m, &old.c) < 0)
        return WICK_E_NOMEM;
    return a->replay ? WICK_OK : agg_close_due(a, m);
}

int agg_mark(agg *a, const wick_batch *b, const wick_mark *mark)
{
    agg_market *m;

    a->stage.stats[AGG_GAPS] += mark->kind == WICK_MARK_GAP;
    if ((mark->kind == WICK_MARK_ALIVE || mark->kind == WICK_MARK_CLOSE) &&
        mark->to_ns > a->last_ns)
        a->last_ns = mark->to_ns;
    if (mark->market != WICK_NO_MARKET) {
        if (!wick_market_name(a->stage.w, mark->market))
            return WICK_OK;
        if (!(m = agg_market_get(a, mark->market, b->partition)))
            return WICK_E_NOMEM;
        return mark_market(a, m, mark);
    }
    for (uint32_t i = 0; i < a->market_count; i++) {
        m = a->markets[i];
        if (m->partition == b->partition &&     /* others may not have been read that far */
            (mark->kind == WICK_MARK_GAP || m->cov.conn == mark->conn) &&
            mark_market(a, m, mark) < 0)
            return WICK_E_NOMEM;
    }
    return WICK_OK;
}
