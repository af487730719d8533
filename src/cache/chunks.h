/* SPDX-License-Identifier: Apache-2.0
 * Chunks in memory: candles of up to 512 buckets, and the range for which they are all that there is. The chunk
 * that was used least lately makes room. */
#ifndef WICK_CACHE_CHUNKS_H
#define WICK_CACHE_CHUNKS_H

#include "cache.h"

typedef struct chunk {
    struct chunk *next;                     /* of the same slot */
    struct chunk *older, *newer;            /* by last use */
    uint32_t market, interval;
    int64_t  begin_ns;
    int64_t  lo_ns, hi_ns;                  /* known: closed candles that begin in [lo, hi) */
    uint32_t count, cap;
    wick_candle *rows;                      /* ascending */
} chunk;

typedef struct chunks {
    wick    *w;
    int64_t *stats;                         /* CACHE_* */
    chunk  **slots;
    uint32_t slot_count, count;
    uint64_t used, most;                    /* rows, a chunk counting as one more */
    chunk   *oldest, *newest;
} chunks;

int  chunks_open(chunks *k, wick *w, int64_t *stats, uint64_t most);
void chunks_close(chunks *k);
/* The chunk that holds time_ns, marked as used; NULL: none. */
chunk *chunks_find(chunks *k, uint32_t market, uint32_t interval, int64_t time_ns);
void chunks_drop(chunks *k, chunk *c);
/* Make [lo, hi) known, which lies in one chunk: `rows` are all closed candles there. What was known is kept where it
 * joins on. 0: no memory, that chunk is no longer known. */
int  chunks_fill(chunks *k, uint32_t market, uint32_t interval, int64_t lo, int64_t hi, const wick_candle *rows,
                 uint32_t count);
/* Index of the first row at or behind time_ns. */
uint32_t chunk_from(const chunk *c, int64_t time_ns);

#endif
