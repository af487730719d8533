/* SPDX-License-Identifier: Apache-2.0
 * How far a connection's trades are behind: the least (receipt - trade time) of its last 100 (design.md). */
#ifndef WICK_SOURCE_LAG_H
#define WICK_SOURCE_LAG_H

#include <stdint.h>

enum { LAG_TRADES = 100 };
#define LAG_NONE INT64_MAX              /* no trade yet */

typedef struct lag {
    struct { int64_t raw, held; } last[LAG_TRADES];     /* held: and how long we kept it waiting */
    uint32_t count, next;
} lag;

static inline void lag_add(lag *l, int64_t ns)
{
    l->last[l->next].raw = l->last[l->next].held = ns;
    l->next = (l->next + 1) % LAG_TRADES;
    l->count += l->count < LAG_TRADES;
}

static inline int64_t lag_least(const lag *l)
{
    int64_t least = LAG_NONE;

    for (uint32_t i = 0; i < l->count; i++)
        least = l->last[i].raw < least ? l->last[i].raw : least;
    return least;
}

/* For what is claimed up to now: the greater lag is the careful one. */
static inline int64_t lag_careful(const lag *l)
{
    int64_t least = LAG_NONE;

    for (uint32_t i = 0; i < l->count; i++)
        least = l->last[i].held < least ? l->last[i].held : least;
    return least;
}

/* Nothing was read for so long: what comes now is older than it looks. */
static inline void lag_stalled(lag *l, int64_t ns)
{
    for (uint32_t i = 0; i < l->count; i++)
        l->last[i].held += ns;
}

#endif
