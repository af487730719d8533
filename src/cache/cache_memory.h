/* SPDX-License-Identifier: Apache-2.0
 * The inside of the memory cache: a series (market and interval) knows from where to where there is anything at all,
 * so that open ends of a query can be answered too; its candles lie in chunks. */
#ifndef WICK_CACHE_MEMORY_H
#define WICK_CACHE_MEMORY_H

#include "chunks.h"

enum { SERIES_MAX = 1 << 16 };

typedef struct series {
    uint32_t market, interval, used;
    int      open_prev;                     /* what it prints hangs on the ledger too: nothing is kept */
    int      has_floor, has_ceil;           /* nothing begins before floor; nothing at or behind ceil */
    int64_t  floor_ns, ceil_ns;
    int64_t  closed_ns;                     /* what begins before it is closed */
} series;

typedef struct cache_memory {
    cache    cache;
    chunks   chunks;
    series  *series;                        /* open addressing, a power of two */
    uint32_t series_cap, series_count;
} cache_memory;

/* NULL: none; for make: no memory, or SERIES_MAX. */
series *cache_series(cache_memory *m, uint32_t market, uint32_t interval);
series *cache_series_make(cache_memory *m, uint32_t market, uint32_t interval);
/* Make [lo, hi) known, chunk by chunk; 0: it is not. */
int  cache_fill(cache_memory *m, const series *s, int64_t lo, int64_t hi, const wick_candle *rows, uint32_t count);
int  cache_put(cache *base, const wick_query *q, const wick_candle *rows, uint32_t n);

#endif
