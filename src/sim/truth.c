/* SPDX-License-Identifier: Apache-2.0
 * An exact fold that is none of agg's business, the ledger of what was delivered, both as text. */
#include "truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/time.h"

#define MINUTE (60 * NS_PER_S)

/* <0, 0, >0: a * 10^a_exp against b * 10^b_exp, of a market's prices: exponents lie within 18 of
 * each other. */
static int compare(int64_t a, int a_exp, int64_t b, int b_exp)
{
    i128 x = a, y = b;

    if (a_exp > b_exp)
        dec_scale(&x, a_exp - b_exp);
    else
        dec_scale(&y, b_exp - a_exp);
    return x < y ? -1 : x > y;
}

static int before(const sim_fact *a, const sim_fact *b)
{
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns;
    if (a->id_key != b->id_key)
        return a->id_key < b->id_key;
    return a->ordinal < b->ordinal;
}

/* *sum * 10^*sum_exp += add * 10^exp, at the finer exponent. */
static int plus(i128 *sum, int16_t *sum_exp, i128 add, int exp)
{
    if (exp < *sum_exp) {
        if (!dec_scale(sum, *sum_exp - exp))
            return 0;
        *sum_exp = (int16_t)exp;
    } else if (!dec_scale(&add, exp - *sum_exp)) {
        return 0;
    }
    return !__builtin_add_overflow(*sum, add, sum);
}

int sim_fold_take(sim_fold *o, const sim_fact *f)
{
    i128 quote = (i128)f->price * f->qty;

    if (o->trades++ == 0) {
        o->first = o->last = *f;
        o->high = o->low = f->price;
        o->high_exp = o->low_exp = f->price_exp;
        o->volume = f->qty;
        o->volume_exp = f->qty_exp;
        o->quote = quote;
        o->quote_exp = (int16_t)(f->price_exp + f->qty_exp);
        return 1;
    }
    if (before(f, &o->first))
        o->first = *f;
    if (before(&o->last, f))
        o->last = *f;
    if (compare(f->price, f->price_exp, o->high, o->high_exp) > 0) {
        o->high = f->price;
        o->high_exp = f->price_exp;
    }
    if (compare(f->price, f->price_exp, o->low, o->low_exp) < 0) {
        o->low = f->price;
        o->low_exp = f->price_exp;
    }
    return plus(&o->volume, &o->volume_exp, f->qty, f->qty_exp) &&
           plus(&o->quote, &o->quote_exp, quote, f->price_exp + f->qty_exp);
}

void sim_ledger_fini(sim_ledger *l, wick *w)
{
    mem_free(w, l->rows);
    mem_free(w, l->seen);
    memset(l, 0, sizeof *l);
}

/* Place of the first row at or after a minute. */
static uint32_t place(const sim_ledger *l, int64_t minute_ns)
{
    uint32_t low = 0, high = l->count;

    if (l->count && l->rows[l->count - 1].minute_ns <= minute_ns)
        return l->rows[l->count - 1].minute_ns == minute_ns ? l->count - 1 : l->count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (l->rows[mid].minute_ns < minute_ns)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static sim_row *row(sim_ledger *l, wick *w, int64_t minute_ns)
{
    uint32_t at = place(l, minute_ns);

    if (at < l->count && l->rows[at].minute_ns == minute_ns)
        return l->rows + at;
    if (l->count == l->cap) {
        uint32_t cap = l->cap ? l->cap * 2 : 16;
        sim_row *rows = l->count >= SIM_ROWS_MAX ? NULL
                                                 : mem_resize(w, l->rows, cap * sizeof *rows);

        if (!rows)
            return NULL;
        l->rows = rows;
        l->cap = cap;
    }
    memmove(l->rows + at + 1, l->rows + at, (l->count - at) * sizeof *l->rows);
    l->count++;
    memset(l->rows + at, 0, sizeof *l->rows);
    l->rows[at].minute_ns = minute_ns;
    return l->rows + at;
}

const sim_row *sim_ledger_row(const sim_ledger *l, int64_t minute_ns)
{
    uint32_t at = place(l, minute_ns);

    return at < l->count && l->rows[at].minute_ns == minute_ns ? l->rows + at : NULL;
}

static int64_t minute_of(int64_t time_ns)
{
    return time_ns - time_ns % MINUTE;
}

int sim_ledger_happened(sim_ledger *l, wick *w, const sim_fact *f)
{
    sim_row *r = row(l, w, minute_of(f->time_ns));
    uint32_t bit = (uint32_t)(f->ordinal % SIM_SEEN);

    if (!r || (!l->seen && !(l->seen = mem_zero(w, SIM_SEEN / 8))))
        return WICK_E_NOMEM;
    if (!l->begin_ns)
        l->begin_ns = f->time_ns;
    l->seen[bit / 64] &= ~((uint64_t)1 << bit % 64);
    return sim_fold_take(&r->all, f) ? WICK_OK : WICK_E_DATA;
}

int sim_ledger_delivered(sim_ledger *l, wick *w, const sim_fact *f)
{
    uint32_t bit = (uint32_t)(f->ordinal % SIM_SEEN);
    sim_row *r;

    if (l->seen[bit / 64] >> bit % 64 & 1)
        return WICK_OK;
    l->seen[bit / 64] |= (uint64_t)1 << bit % 64;
    if (!(r = row(l, w, minute_of(f->time_ns))))
        return WICK_E_NOMEM;
    return sim_fold_take(&r->got, f) ? 1 : WICK_E_DATA;
}

const char SIM_TRUTH_HEAD[] =
    "market,symbol,interval,time,open,high,low,close,volume,quote_volume,trades,closed,"
    "complete,method,rev,withheld\n";

void sim_truth_candle(const sim_row *r, int64_t begin_ns, int64_t clock_ns, wick_candle *out)
{
    const sim_fold *o = &r->got;

    memset(out, 0, sizeof *out);
    out->time_ns = r->minute_ns;
    out->end_ns = r->minute_ns + MINUTE;
    out->interval = UNIT_MINUTE << 24 | 1;
    out->market = WICK_NO_MARKET;
    out->spare = (uint32_t)(r->all.trades - o->trades);
    if (out->end_ns <= clock_ns)
        out->flags |= WICK_CANDLE_CLOSED;
    if (out->spare == 0 && out->time_ns >= begin_ns)
        out->flags |= WICK_CANDLE_COMPLETE;
    out->open = o->first.price, out->open_exp = o->first.price_exp;
    out->close = o->last.price, out->close_exp = o->last.price_exp;
    out->high = o->high, out->high_exp = o->high_exp;
    out->low = o->low, out->low_exp = o->low_exp;
    out->volume_exp = o->volume_exp;
    out->volume_lo = dec_lo(o->volume), out->volume_hi = dec_hi(o->volume);
    out->quote_exp = o->quote_exp;
    out->quote_lo = dec_lo(o->quote), out->quote_hi = dec_hi(o->quote);
    out->trades = o->trades;
}

int sim_truth_line(const sim_row *r, const sim_spot *m, int64_t begin_ns, int64_t clock_ns,
                   char *out)
{
    char n[6][DEC_TEXT_MAX];
    wick_candle c;

    sim_truth_candle(r, begin_ns, clock_ns, &c);
    dec_text(c.open, c.open_exp, n[0], sizeof n[0]);
    dec_text(c.high, c.high_exp, n[1], sizeof n[1]);
    dec_text(c.low, c.low_exp, n[2], sizeof n[2]);
    dec_text(c.close, c.close_exp, n[3], sizeof n[3]);
    dec_text(r->got.volume, c.volume_exp, n[4], sizeof n[4]);
    dec_text(r->got.quote, c.quote_exp, n[5], sizeof n[5]);
    return snprintf(out, SIM_LINE_MAX,
                    "%s:%s-%s,%s~%s~%s,1m,%" PRId64 ",%s,%s,%s,%s,%s,%s,%" PRIu64
                    ",%s,%s,trades,0,%" PRIu32 "\n",
                    m->venue, m->base, m->quote, m->venue, m->base, m->quote,
                    (int64_t)(c.time_ns / NS_PER_MS), n[0], n[1], n[2], n[3], n[4], n[5], c.trades,
                    c.flags & WICK_CANDLE_CLOSED ? "true" : "false",
                    c.flags & WICK_CANDLE_COMPLETE ? "true" : "false", c.spare);
}
