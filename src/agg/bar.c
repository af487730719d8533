/* SPDX-License-Identifier: Apache-2.0
 * An open bucket in its fast form (bar.h), and the way over to the slow one. */
#include "bar.h"
#include "hash.h"

#include <string.h>

enum { GUESS_NONE = 1000 };
/* Upper halves: below them four sums together, or one, stay below 10^38 (0x4b3b4ca85a86c47a...). */
#define HI_SIDE 0x12c0000000000000ULL
#define HI_QUOTE 0x4b3b4ca85a86c47aULL

static void clear(bar_fast *f, int price_exp, int qty_exp)
{
    memset(f, 0, sizeof *f);
    f->high = INT64_MIN;
    f->low = INT64_MAX;
    f->first_ns = INT64_MAX;
    f->last_ns = INT64_MIN;
    f->price_exp = price_exp;
    f->qty_exp = qty_exp;
}

void bar_begin(bar *b, uint32_t market, uint32_t interval, int64_t time_ns, int64_t end_ns)
{
    int keep = b->market == market && !b->slow && b->end_ns != 0;

    clear(&b->fast, keep ? b->fast.price_exp : GUESS_NONE, keep ? b->fast.qty_exp : GUESS_NONE);
    b->time_ns = time_ns;
    b->end_ns = end_ns;
    b->market = market;
    b->interval = interval;
    b->flags = b->slow = 0;
}

/* ---- to the slow form -------------------------------------------------------------------------------- */

static void price_put(int64_t m, int exp, int64_t *out, int8_t *out_exp)
{
    dec_strip(&m, &exp);
    *out = m;
    *out_exp = (int8_t)exp;
}

static i128 joined(bar_sum s)
{
    return dec_join((int64_t)s.hi, s.lo);
}

static void read_fast(const bar *b, wick_candle *c)
{
    const bar_fast *f = &b->fast;
    i128 volume = 0;

    if (f->trades == 0)
        return;
    price_put(f->open, f->price_exp, &c->open, &c->open_exp);
    price_put(f->high, f->price_exp, &c->high, &c->high_exp);
    price_put(f->low, f->price_exp, &c->low, &c->low_exp);
    price_put(f->close, f->price_exp, &c->close, &c->close_exp);
    for (int i = 0; i < 4; i++)
        volume += joined(f->side[i]);
    fold_sums(c, volume, joined(f->side[WICK_TICK_BUY]), joined(f->side[WICK_TICK_SELL]), f->qty_exp,
              joined(f->quote), f->price_exp + f->qty_exp);
    c->trades = f->trades;
    c->digest = f->digest;
    c->first = (wick_key){ .time_ns = f->first_ns, .seq = f->first_seq, .id_key = f->first_id,
                           .offset = f->first_offset, .index = f->first_index };
    c->last = (wick_key){ .time_ns = f->last_ns, .seq = f->last_seq, .id_key = f->last_id,
                          .offset = f->last_offset, .index = f->last_index };
}

void bar_read(const bar *b, wick_candle *out)
{
    if (b->slow) {
        *out = b->candle;
    } else {
        fold_begin(out, b->market, b->interval, b->time_ns, b->end_ns);
        read_fast(b, out);
    }
    out->flags = b->flags;
}

uint64_t bar_trades(const bar *b)
{
    return b->slow ? b->candle.trades : b->fast.trades;
}

static void go_slow(bar *b)
{
    wick_candle c;

    if (b->slow)
        return;
    bar_read(b, &c);
    b->candle = c;
    b->slow = 1;
}

int bar_merge(bar *b, const wick_candle *from)
{
    go_slow(b);
    b->flags |= from->flags & WICK_CANDLE_OPEN_PREV;
    return fold_merge(&b->candle, from);
}

/* ---- finer digits ------------------------------------------------------------------------------------ */

static int scale(bar_sum *s, int n, uint64_t hi_limit)
{
    i128 m = joined(*s);

    if (!dec_scale(&m, n) || (uint64_t)dec_hi(m) >= hi_limit)
        return 0;
    *s = (bar_sum){ dec_lo(m), (uint64_t)dec_hi(m) };
    return 1;
}

static int scale_price(int64_t *m, int n)
{
    return n <= 18 && !__builtin_mul_overflow(*m, (int64_t)DEC_TEN[n], m);
}

/* Bring what is there down to exponents that the trade can be added at; 0: it does not fit 64 bits. */
static int refine(bar_fast *f, const wick_tick *t)
{
    bar_fast x = *f;
    int dp = f->price_exp - t->price_exp, dq = f->qty_exp - t->qty_exp;

    if (f->trades == 0) {
        clear(f, t->price_exp, t->qty_exp);
        return 1;
    }
    dp = dp < 0 ? 0 : dp;
    dq = dq < 0 ? 0 : dq;
    if (!scale_price(&x.open, dp) || !scale_price(&x.high, dp) || !scale_price(&x.low, dp) ||
        !scale_price(&x.close, dp) || !scale(&x.quote, dp + dq, HI_QUOTE))
        return 0;
    for (int i = 0; i < 4; i++)
        if (!scale(&x.side[i], dq, HI_SIDE))
            return 0;
    x.price_exp -= dp;
    x.qty_exp -= dq;
    *f = x;
    return 1;
}

/* ---- a trade ----------------------------------------------------------------------------------------- */

static inline bar_sum plus(bar_sum s, uint64_t lo, uint64_t hi)
{
    uint64_t low = s.lo + lo;
    return (bar_sum){ low, s.hi + hi + (low < lo) };
}

/* The rest of the total order, for equal times: <0, 0, >0. */
static inline int rest_cmp(uint64_t seq, uint64_t id, uint64_t offset, uint32_t index, uint64_t seq2, uint64_t id2,
                           uint64_t offset2, uint32_t index2)
{
    if (seq != seq2)
        return seq < seq2 ? -1 : 1;
    if (id != id2)
        return id < id2 ? -1 : 1;
    if (offset != offset2)
        return offset < offset2 ? -1 : 1;
    return (index > index2) - (index < index2);
}

/* 1: taken; 0: not in this form. */
__attribute__((always_inline))
static inline int take(bar_fast *f, const wick_tick *t, uint64_t name, uint64_t offset, uint32_t index)
{
    unsigned dp = (unsigned)(t->price_exp - f->price_exp), dq = (unsigned)(t->qty_exp - f->qty_exp);
    uint64_t id = t->flags & WICK_TICK_ORDERED ? t->id_key : 0;
    bar_sum *side = &f->side[t->flags & (WICK_TICK_BUY | WICK_TICK_SELL)], quote, sum;
    u128 product;
    int64_t price, qty;

    if (dp > 18 || dq > 18 || (t->price | t->qty) < 0 || id >= (uint64_t)INT64_MAX ||
        __builtin_mul_overflow(t->price, (int64_t)DEC_TEN[dp], &price) ||
        __builtin_mul_overflow(t->qty, (int64_t)DEC_TEN[dq], &qty))
        return 0;
    product = (u128)(uint64_t)price * (uint64_t)qty;
    quote = plus(f->quote, (uint64_t)product, (uint64_t)(product >> 64));
    sum = plus(*side, (uint64_t)qty, 0);
    if (quote.hi >= HI_QUOTE || sum.hi >= HI_SIDE)
        return 0;
    f->quote = quote;
    *side = sum;
    f->high = price > f->high ? price : f->high;
    f->low = price < f->low ? price : f->low;
    if (t->time_ns > f->last_ns || (t->time_ns == f->last_ns &&
            rest_cmp(t->seq, id, offset, index, f->last_seq, f->last_id, f->last_offset, f->last_index) > 0)) {
        f->close = price;
        f->last_ns = t->time_ns;
        f->last_seq = t->seq;
        f->last_id = id;
        f->last_offset = offset;
        f->last_index = index;
    }
    if (t->time_ns < f->first_ns || (t->time_ns == f->first_ns &&
            rest_cmp(t->seq, id, offset, index, f->first_seq, f->first_id, f->first_offset, f->first_index) < 0)) {
        f->open = price;
        f->first_ns = t->time_ns;
        f->first_seq = t->seq;
        f->first_id = id;
        f->first_offset = offset;
        f->first_index = index;
    }
    f->trades += t->trades + (t->trades == 0);
    f->digest += hash_trade(t, name);
    return 1;
}

__attribute__((noinline))
static int take_slow(bar *b, const wick_tick *t, const uint8_t *id, uint64_t offset, uint32_t index)
{
    if (!b->slow) {
        uint64_t name = fold_name(t, id);
        if (take(&b->fast, t, name, offset, index) ||
            (refine(&b->fast, t) && take(&b->fast, t, name, offset, index)))
            return 1;
    }
    go_slow(b);
    return fold_tick(&b->candle, t, id, offset, index);
}

int bar_tick(bar *b, const wick_tick *t, const uint8_t *id, uint64_t offset, uint32_t index)
{
    if (__builtin_expect(!b->slow && hash_is_short(t), 1) &&
        __builtin_expect(take(&b->fast, t, t->id_len ? t->id_key : t->nth, offset, index), 1))
        return 1;
    return take_slow(b, t, id, offset, index);
}
