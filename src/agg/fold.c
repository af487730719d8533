/* SPDX-License-Identifier: Apache-2.0
 * The fold (fold.h). Checked decimals throughout: this is the rule; bar.c is the fast way to the
 * same bytes. Prices and sums are kept without trailing zeros, so that a candle's bytes follow
 * from its trades alone. */
#include "fold.h"
#include "hash.h"

#include <string.h>

#include <xxhash.h>

static uint64_t side_of(const wick_tick *t)
{
    return t->flags & (WICK_TICK_BUY | WICK_TICK_SELL);
}

uint64_t fold_name(const wick_tick *t, const uint8_t *id)
{
    if (t->id_len == 0)
        return t->nth;
    return hash_is_short(t) ? t->id_key : XXH3_64bits(id, t->id_len);
}

/* ---- order ----------------------------------------------------------------------------------- */

/* Ids of equal keys: longer runs of digits are greater numbers, other bytes compare as bytes. */
static int id_cmp(const wick_key *a, const wick_key *b)
{
    uint32_t n = a->id_len < b->id_len ? a->id_len : b->id_len, x = 0, y = 0;
    int c;

    if (a->id_key == INT64_MAX) {
        while (x < a->id_len && a->id[x] == '0')
            x++;
        while (y < b->id_len && b->id[y] == '0')
            y++;
        if (a->id_len - x != b->id_len - y)
            return a->id_len - x < b->id_len - y ? -1 : 1;
        n = a->id_len - x;
    }
    if ((c = memcmp(a->id + x, b->id + y, n)) != 0)
        return c;
    return (a->id_len > b->id_len) - (a->id_len < b->id_len);
}

int fold_key_cmp(const wick_key *a, const wick_key *b)
{
    int c;

    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    if (a->id_key != b->id_key)
        return a->id_key < b->id_key ? -1 : 1;
    if ((a->id_len || b->id_len) && (c = id_cmp(a, b)) != 0)
        return c;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* The bytes of an id take part only where its key does not tell all of it. */
wick_key fold_key(const wick_tick *t, const uint8_t *id, uint64_t offset, uint32_t index)
{
    wick_key k = { .time_ns = t->time_ns, .seq = t->seq, .offset = offset, .index = index };

    if (t->flags & WICK_TICK_ORDERED)
        k.id_key = t->id_key;
    if (k.id_key >= (uint64_t)INT64_MAX) {
        k.id_len = t->id_len < sizeof k.id ? t->id_len : (uint32_t)sizeof k.id;
        memcpy(k.id, id, k.id_len);
    }
    return k;
}

/* ---- a trade --------------------------------------------------------------------------------- */

/* The sums of a candle: volume, buy and sell share an exponent. */
typedef struct sums { dec128 volume, buy, sell, quote; } sums;

static sums sums_get(const wick_candle *c)
{
    return (sums){ { dec_join(c->volume_hi, c->volume_lo), c->volume_exp },
                   { dec_join(c->buy_hi, c->buy_lo), c->volume_exp },
                   { dec_join(c->sell_hi, c->sell_lo), c->volume_exp },
                   { dec_join(c->quote_hi, c->quote_lo), c->quote_exp } };
}

void fold_sums(wick_candle *c, i128 volume, i128 buy, i128 sell, int volume_exp, i128 quote,
               int quote_exp)
{
    i128 m[3] = { volume, buy, sell };

    dec_strip128(m, 3, &volume_exp);
    dec_strip128(&quote, 1, &quote_exp);
    c->volume_lo = dec_lo(m[0]);
    c->volume_hi = dec_hi(m[0]);
    c->buy_lo = dec_lo(m[1]);
    c->buy_hi = dec_hi(m[1]);
    c->sell_lo = dec_lo(m[2]);
    c->sell_hi = dec_hi(m[2]);
    c->quote_lo = dec_lo(quote);
    c->quote_hi = dec_hi(quote);
    c->volume_exp = (int16_t)volume_exp;
    c->quote_exp = (int16_t)quote_exp;
}

/* All four or none. An exponent of a sum of nothing must not make the others finer than they
 * are. */
static int sums_add(wick_candle *c, const sums *more)
{
    sums s = sums_get(c);

    if (c->trades == 0)
        s.volume.exp = s.buy.exp = s.sell.exp = more->volume.exp, s.quote.exp = more->quote.exp;
    if (!dec_add(&s.volume, more->volume.m, more->volume.exp) ||
        !dec_add(&s.buy, more->buy.m, more->buy.exp) ||
        !dec_add(&s.sell, more->sell.m, more->sell.exp) ||
        !dec_add(&s.quote, more->quote.m, more->quote.exp))
        return 0;
    fold_sums(c, s.volume.m, s.buy.m, s.sell.m, s.volume.exp, s.quote.m, s.quote.exp);
    return 1;
}

static int add(wick_candle *c, const wick_tick *t)
{
    i128 buy = side_of(t) == WICK_TICK_BUY ? t->qty : 0,
         sell = side_of(t) == WICK_TICK_SELL ? t->qty : 0;
    sums more = { { t->qty, t->qty_exp }, { buy, t->qty_exp }, { sell, t->qty_exp },
                  { (i128)t->price * t->qty, t->price_exp + t->qty_exp } };
    return sums_add(c, &more);
}

void fold_begin(wick_candle *c, uint32_t market, uint32_t interval, int64_t time_ns, int64_t end_ns)
{
    memset(c, 0, sizeof *c);
    c->market = market;
    c->interval = interval;
    c->time_ns = time_ns;
    c->end_ns = end_ns;
}

/* Open, high, low and close of `from` where they are further out than those of `into`. */
static void take_edges(wick_candle *into, const wick_candle *from)
{
    int none = into->trades == 0;

    if (none || fold_key_cmp(&from->first, &into->first) < 0) {
        into->first = from->first;
        into->open = from->open;
        into->open_exp = from->open_exp;
    }
    if (none || fold_key_cmp(&from->last, &into->last) > 0) {
        into->last = from->last;
        into->close = from->close;
        into->close_exp = from->close_exp;
    }
    if (none || dec_cmp(from->high, from->high_exp, into->high, into->high_exp) > 0) {
        into->high = from->high;
        into->high_exp = from->high_exp;
    }
    if (none || dec_cmp(from->low, from->low_exp, into->low, into->low_exp) < 0) {
        into->low = from->low;
        into->low_exp = from->low_exp;
    }
}

int fold_tick(wick_candle *c, const wick_tick *t, const uint8_t *id, uint64_t offset,
              uint32_t index)
{
    wick_candle one = { .open = t->price, .high = t->price, .low = t->price, .close = t->price };

    if (!add(c, t))
        return 0;
    one.open_exp = one.high_exp = one.low_exp = one.close_exp = t->price_exp;
    one.first = one.last = fold_key(t, id, offset, index);
    take_edges(c, &one);
    c->trades += t->trades + (t->trades == 0);
    c->digest += hash_trade(t, fold_name(t, id));
    return 1;
}

int fold_merge(wick_candle *into, const wick_candle *from)
{
    sums more = sums_get(from);

    into->flags |= from->flags & WICK_CANDLE_OPEN_PREV;
    if (from->trades == 0)
        return 1;
    if (!sums_add(into, &more))
        return 0;
    take_edges(into, from);
    into->method = into->trades == 0 || into->method == from->method ? from->method
                                                                     : WICK_METHOD_MIXED;
    into->trades += from->trades;
    into->digest += from->digest;
    return 1;
}
