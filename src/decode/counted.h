/* SPDX-License-Identifier: Apache-2.0
 * The venue's sequence of a trade, and what says that its number or its id counts the trades of its market. Trades
 * without a time of receipt are rows of a file, in any order: their numbers prove nothing. */
#ifndef WICK_DECODE_COUNTED_H
#define WICK_DECODE_COUNTED_H

#include "decoder.h"

/* Whether the number of a trade says anything. */
static inline int counted_any(const field *in)
{
    return (in->flags & (FIELD_ORDER | FIELD_GAPLESS)) != 0;
}

/* The seq of a trade. */
static inline void counted_seq(const wick_decoder *d, const field *in, int64_t n, wick_tick *t)
{
    int counts = in->flags & FIELD_GAPLESS && d->recv_ns > 0;

    if (!counts && !(in->flags & FIELD_ORDER))
        return;
    t->seq = (uint64_t)n;
    t->flags |= (counts ? WICK_TICK_SEQ_COUNTS : 0u) |
                (in->flags & FIELD_ORDER ? 0u : WICK_TICK_SEQ_UNTIMED);
}

/* WICK_TICK_* of an ordered id with this key. */
static inline uint32_t counted_id(const wick_decoder *d, const field *in, uint64_t key)
{
    int counts = in->flags & FIELD_GAPLESS && d->recv_ns > 0 && key < INT64_MAX;

    return WICK_TICK_ORDERED | (counts ? WICK_TICK_ID_COUNTS : 0u);
}

#endif
