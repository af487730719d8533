/* SPDX-License-Identifier: Apache-2.0
 * The venue's sequence of a trade, and what says that its number or its id counts the trades of its market. */
#ifndef WICK_DECODE_COUNTED_H
#define WICK_DECODE_COUNTED_H

#include "fast.h"
#include "field.h"

/* The seq of a trade. */
static inline void counted_seq(view v, const field *in, wick_tick *t)
{
    int64_t n;

    if (!v.text || !v.len || !fast_integer(v.text, v.len, &n))
        return;
    t->seq = (uint64_t)n;
    if (!(in->flags & FIELD_ORDER))
        t->flags |= WICK_TICK_SEQ_UNTIMED;
    if (in->flags & FIELD_GAPLESS)
        t->flags |= WICK_TICK_SEQ_COUNTS;
}

/* WICK_TICK_* of an ordered id with this key. */
static inline uint32_t counted_id(const field *in, uint64_t key)
{
    return WICK_TICK_ORDERED |
           (in->flags & FIELD_GAPLESS && key < INT64_MAX ? WICK_TICK_ID_COUNTS : 0u);
}

#endif
