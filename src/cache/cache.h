/* SPDX-License-Identifier: Apache-2.0
 * What a cache must do: answer for the store where it surely holds the whole answer, and say so where it does not.
 * Candles lie in chunks of 512 buckets of a market and interval. cache.c is the only door. */
#ifndef WICK_CACHE_CACHE_H
#define WICK_CACHE_CACHE_H

#include "../core/stage.h"

enum {
    CACHE_BUCKETS = 512,                    /* buckets of a chunk */
    CACHE_KEY_MAX = MARKET_NAME_MAX + 64,
    CACHE_TOUCHED = 4096,                   /* generations kept; series that share one count as one */
    CACHE_LIMIT = 10000                     /* of a query without one, as the store has it */
};

typedef struct cache cache;

typedef struct cache_driver {
    const char *name;                       /* "memory" */
    size_t      self_size;                  /* its struct, which begins with cache */
    int  (*open)(cache *c, const char *rest);   /* after a failure close() is not called */
    /* 1: WICK_EV_CANDLES with this tag is or will be queued (status AGAIN there: not known after all); 0: not
     * known. Never an answer that could be older than the last changed(). */
    int  (*query)(cache *c, const wick_query *q, uint32_t tag);
    /* Keep an answer of the store; it is newer than every changed() of its series: 1 kept, 0 not. */
    int  (*put)(cache *c, const wick_query *q, const wick_candle *rows, uint32_t count);
    /* Rows that are durable now. What cannot be brought up to date is forgotten. */
    void (*changed)(cache *c, const wick_candle *rows, uint32_t count);
    /* Candles that begin before it may be gone. */
    void (*forgotten)(cache *c, int64_t before_ns);
    void (*close)(cache *c);
} cache_driver;

struct cache {
    wick_stage stage;
    const cache_driver *drv;
    uint64_t   generation;                  /* counts changed() */
    uint64_t   touched[CACHE_TOUCHED];      /* by hash of market and interval: its last */
};

enum { CACHE_HITS, CACHE_MISSES, CACHE_PUTS, CACHE_STALE, CACHE_ROWS, CACHE_CHUNKS, CACHE_EVICTED };

/* Begin of the chunk that holds a bucket's begin, and its length. Calendar intervals count by their longest. */
int64_t cache_chunk(uint32_t interval, int64_t time_ns);
int64_t cache_chunk_ns(uint32_t interval);
/* "ohlcv:{market}:{interval}:{begin of the chunk, s}"; its length, or ARG. */
int     cache_key(wick *w, uint32_t market, uint32_t interval, int64_t chunk_ns, char out[CACHE_KEY_MAX]);

extern const cache_driver cache_memory_driver;

#endif
