/* SPDX-License-Identifier: Apache-2.0
 * An open bucket: the fold's fast form. Prices stand at one exponent and quantities at another, so that a trade is
 * a few additions; bar_read() gives the candle, byte for byte what fold_tick() would have made. What does not fit
 * (a bucket whose values span more than 64 bits, very long ordered ids) goes on in the slow form by itself. */
#ifndef WICK_AGG_BAR_H
#define WICK_AGG_BAR_H

#include "fold.h"

typedef struct bar_sum { uint64_t lo, hi; } bar_sum;    /* in halves: gcc moves 128-bit words through memory */

typedef struct bar_fast {               /* two cache lines */
    uint64_t trades, digest;
    uint64_t side[3];                   /* quantity by side: unknown, buy, sell; at qty_exp */
    int64_t  close, first_ns, last_ns;
    uint64_t last_seq, last_id, last_offset;
    uint32_t last_index, first_index;
    int64_t  open;
    uint64_t first_seq, first_id, first_offset;
} bar_fast;

typedef struct bar {                    /* 384 bytes; in the fast form a trade touches the first 192 */
    int64_t  time_ns, end_ns;           /* the bucket */
    int16_t  price_exp, qty_exp;        /* fast form; and so the next three */
    uint8_t  slow;                      /* `candle` is in force */
    uint8_t  dirty;                     /* the caller's: changed since it was last written */
    uint16_t flags;                     /* WICK_CANDLE_* for bar_read() */
    uint32_t market, interval;
    int64_t  high, low;                 /* these and open and close at price_exp */
    bar_sum  quote;                     /* at price_exp + qty_exp */
    union { bar_fast fast; wick_candle candle; };
} bar;
_Static_assert(sizeof(bar) == 384 && sizeof(bar_fast) == 128, "bar");

/* Empty, for a bucket. A bar that was used before keeps its exponents as a guess. */
void bar_begin(bar *b, uint32_t market, uint32_t interval, int64_t time_ns, int64_t end_ns);
/* As fold_tick(). */
int  bar_tick(bar *b, const wick_tick *t, const uint8_t *id, uint64_t offset, uint32_t index);
/* As fold_merge(). */
int  bar_merge(bar *b, const wick_candle *from);
void bar_read(const bar *b, wick_candle *out);
uint64_t bar_trades(const bar *b);

#endif
