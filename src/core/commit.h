/* SPDX-License-Identifier: Apache-2.0
 * A commit: what one transaction of the store makes durable (design.md §6). Made by agg, owned by
 * the store once taken, freed by commit_free(). All arrays belong to the commit. */
/* lint: allow size one record in six parts */
#ifndef WICK_CORE_COMMIT_H
#define WICK_CORE_COMMIT_H

#include "ctx.h"
#include "eras.h"
#include "stage.h"

struct commit_offset {
    uint32_t partition, spare;
    uint64_t next_offset;               /* the first record that is not in the store yet */
    uint64_t window_offset; /* <= next: from here on records still stand in an identity window */
};

typedef struct commit_span {            /* a row of coverage */
    uint32_t market, state;             /* SPAN_* */
    int64_t  from_ns, to_ns;
    uint64_t conn;
    char     evidence[96];
} commit_span;
enum { SPAN_OBSERVED = 0, SPAN_MISSING = 1 };

typedef struct commit_market {          /* a market's state beside its candles */
    uint32_t market, flags;             /* WICK_MARK_F_* */
    int64_t  watermark_ns, covered_from_ns, covered_to_ns;
    int64_t  known_to_ns;               /* restore: trades up to it are of logs that are gone; INT64_MIN: none */
    uint32_t ids_at, ids_len; /* its last 64 identities (16 bytes each), and behind them the count of
                               * its numbered trades (24 bytes; agg/gaps.h), in commit.bytes */
} commit_market;

typedef struct commit_era { uint32_t market, spare; market_era era; } commit_era;

typedef struct commit_refusal {         /* a row of quarantine */
    const char *reason;                 /* static */
    uint32_t market, partition;
    uint64_t offset;
    uint32_t index;
    wick_tick tick;
    uint32_t id_at, id_len;             /* in commit.bytes */
} commit_refusal;

struct commit {
    wick   *w;
    wick_candle    *candles;  uint32_t candle_count,  candle_cap;
    commit_span    *spans;    uint32_t span_count,    span_cap;
    commit_market  *markets;  uint32_t market_count,  market_cap;
    commit_era     *eras;     uint32_t era_count,     era_cap;
    commit_refusal *refusals; uint32_t refusal_count, refusal_cap;
    commit_offset  *offsets;  uint32_t offset_count,  offset_cap;
    uint8_t        *bytes;    uint32_t byte_count,    byte_cap;
    char log_id[40];                    /* names the log itself */
    const char *topic;                  /* static: "tick-data" */
    uint64_t epoch; /* fences: refused by the store where it is not the newest */
};

commit *commit_new(wick *w);            /* NULL: no memory */
void commit_free(commit *c);            /* NULL is fine */
/* One more element of an array, zeroed; NULL: no memory. */
wick_candle    *commit_candle(commit *c);
commit_span    *commit_span_add(commit *c);
commit_market  *commit_market_add(commit *c);
commit_era     *commit_era_add(commit *c);
commit_refusal *commit_refusal_add(commit *c);
commit_offset  *commit_offset_add(commit *c);
int commit_bytes(commit *c, const void *bytes, uint32_t size, uint32_t *at);

#endif
