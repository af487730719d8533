/* SPDX-License-Identifier: Apache-2.0
 * An open bucket in its fast form (bar.h), and the way over to the slow one. */
#include "bar.h"
#include "hash.h"

#include <string.h>

enum {
    NOT_FAST = 1000, /* as an exponent: nothing can be added to it */
    FINEST = 15,     /* a trade is scaled by at most so many digits */
    QUOTE_BITS = 62  /* of the upper half: quote stays below 2^126, and so below 10^38 */
};

static void clear(bar *b, int price_exp, int qty_exp)
{
    b->price_exp = (int16_t)price_exp;
    b->qty_exp = (int16_t)qty_exp;
    b->high = INT64_MIN;
    b->low = INT64_MAX;
    b->quote = (bar_sum){ 0, 0 };
    b->fast = (bar_fast){ .first_ns = INT64_MAX, .last_ns = INT64_MIN };
}

void bar_begin(bar *b, uint32_t market, uint32_t interval, int64_t time_ns, int64_t end_ns)
{
    int keep = b->market == market && !b->slow && b->end_ns != 0;

    clear(b, keep ? b->price_exp : NOT_FAST, keep ? b->qty_exp : NOT_FAST);
    b->time_ns = time_ns;
    b->end_ns = end_ns;
    b->market = market;
    b->interval = interval;
    b->flags = 0;
    b->slow = b->dirty = 0;
}

/* ---- to the slow form ------------------------------------------------------------------------ */

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
    i128 volume = (i128)f->side[0] + f->side[1] + f->side[2];

    if (f->trades == 0)
        return;
    price_put(f->open, b->price_exp, &c->open, &c->open_exp);
    price_put(b->high, b->price_exp, &c->high, &c->high_exp);
    price_put(b->low, b->price_exp, &c->low, &c->low_exp);
    price_put(f->close, b->price_exp, &c->close, &c->close_exp);
    fold_sums(c, volume, f->side[WICK_TICK_BUY], f->side[WICK_TICK_SELL], b->qty_exp,
              joined(b->quote), b->price_exp + b->qty_exp);
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
    b->price_exp = b->qty_exp = NOT_FAST;
}

int bar_merge(bar *b, const wick_candle *from)
{
    go_slow(b);
    b->flags |= (uint16_t)(from->flags & WICK_CANDLE_OPEN_PREV);
    return fold_merge(&b->candle, from);
}

/* ---- finer digits ---------------------------------------------------------------------------- */

static int scale_price(int64_t *m, int n)
{
    return n <= FINEST && !__builtin_mul_overflow(*m, (int64_t)DEC_TEN[n], m);
}

/* Bring what is there down to exponents that the trade can be added at; 0: it does not fit. */
static int refine(bar *b, const wick_tick *t)
{
    bar x = *b;
    int dp = b->price_exp - t->price_exp, dq = b->qty_exp - t->qty_exp;
    i128 quote = joined(b->quote);

    if (b->fast.trades == 0) {
        clear(b, t->price_exp, t->qty_exp);
        return 1;
    }
    dp = dp < 0 ? 0 : dp;
    dq = dq < 0 ? 0 : dq;
    if (dq > FINEST || !scale_price(&x.fast.open, dp) || !scale_price(&x.high, dp) ||
        !scale_price(&x.low, dp) || !scale_price(&x.fast.close, dp) ||
        !dec_scale(&quote, dp + dq) || (uint64_t)dec_hi(quote) >> QUOTE_BITS)
        return 0;
    for (int i = 0; i < 3; i++)
        if (__builtin_mul_overflow(x.fast.side[i], DEC_TEN[dq], &x.fast.side[i]))
            return 0;
    x.quote = (bar_sum){ dec_lo(quote), (uint64_t)dec_hi(quote) };
    x.price_exp = (int16_t)(b->price_exp - dp);
    x.qty_exp = (int16_t)(b->qty_exp - dq);
    *b = x;
    return 1;
}

/* ---- a trade --------------------------------------------------------------------------------- */

/* The rest of the total order, for equal times: <0, 0, >0. */
static inline int rest_cmp(uint64_t seq, uint64_t id, uint64_t offset, uint32_t index,
                           uint64_t seq2, uint64_t id2, uint64_t offset2, uint32_t index2)
{
    if (seq != seq2)
        return seq < seq2 ? -1 : 1;
    if (id != id2)
        return id < id2 ? -1 : 1;
    if (offset != offset2)
        return offset < offset2 ? -1 : 1;
    return (index > index2) - (index < index2);
}

/* 1: taken; 0: not in this form. The id is a short one (hash.h), or does not order. */
__attribute__((always_inline))
static inline int take(bar *b, const wick_tick *t, uint64_t name, uint64_t offset, uint32_t index)
{
    bar_fast *f = &b->fast;
    unsigned dp = (unsigned)(t->price_exp - b->price_exp), dq = (unsigned)(t->qty_exp - b->qty_exp);
    unsigned side = t->flags & (WICK_TICK_BUY | WICK_TICK_SELL);
    uint64_t id = t->flags & WICK_TICK_ORDERED ? t->id_key : 0, sum;
    int64_t price, qty;
    u128 product;
    bar_sum quote;

    if ((dp | dq) > FINEST || side == 3 || (t->price | t->qty) < 0 ||
        __builtin_mul_overflow(t->price, (int64_t)DEC_TEN[dp], &price) ||
        __builtin_mul_overflow(t->qty, (int64_t)DEC_TEN[dq], &qty) ||
        __builtin_add_overflow(f->side[side], (uint64_t)qty, &sum))
        return 0;
    product = (u128)(uint64_t)price * (uint64_t)qty;
    quote.lo = b->quote.lo + (uint64_t)product;
    quote.hi = b->quote.hi + (uint64_t)(product >> 64) + (quote.lo < b->quote.lo);
    if (quote.hi >> QUOTE_BITS)
        return 0;
    b->quote = quote;
    f->side[side] = sum;
    b->high = price > b->high ? price : b->high;
    b->low = price < b->low ? price : b->low;
    if (t->time_ns > f->last_ns ||
        (t->time_ns == f->last_ns && rest_cmp(t->seq, id, offset, index, f->last_seq, f->last_id,
                                              f->last_offset, f->last_index) > 0)) {
        f->close = price;
        f->last_ns = t->time_ns;
        f->last_seq = t->seq;
        f->last_id = id;
        f->last_offset = offset;
        f->last_index = index;
    }
    if (t->time_ns < f->first_ns ||
        (t->time_ns == f->first_ns && rest_cmp(t->seq, id, offset, index, f->first_seq, f->first_id,
                                               f->first_offset, f->first_index) < 0)) {
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
    if (!b->slow && (hash_is_short(t) || !(t->flags & WICK_TICK_ORDERED))) {
        uint64_t name = fold_name(t, id);
        if (take(b, t, name, offset, index) ||
            (refine(b, t) && take(b, t, name, offset, index)))
            return 1;
    }
    go_slow(b);
    return fold_tick(&b->candle, t, id, offset, index);
}

int bar_tick(bar *b, const wick_tick *t, const uint8_t *id, uint64_t offset, uint32_t index)
{
    if (__builtin_expect(hash_is_short(t), 1) &&
        __builtin_expect(take(b, t, t->id_len ? t->id_key : t->nth, offset, index), 1))
        return 1;
    return take_slow(b, t, id, offset, index);
}
