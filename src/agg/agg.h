/* SPDX-License-Identifier: Apache-2.0
 * The aggregation stage: records of the log in, commits of candles out; in replay a whole recording in, its candles
 * out. Everything it decides follows from the log alone (design.md §6), never from a clock.
 *
 * Bounds: a market keeps AGG_OPEN_MAX open buckets of an interval (more: the oldest close early), WINDOW_MAX
 * identities, GAPS_MAX gaps; a commit AGG_TICKS trades; quarantine AGG_REFUSED an event. Replay keeps all its
 * buckets and identities. */
#ifndef WICK_AGG_AGG_H
#define WICK_AGG_AGG_H

#include "../core/commit.h"
#include "../core/stage.h"
#include "agg_market.h"
#include "plan.h"

enum {
    AGG_OPEN_MAX = 4096, AGG_TICKS = 200000, AGG_COMMIT_MS = 100, AGG_REFUSED = 256,
    AGG_IDLE_RECORDS = 4096             /* after so many of the log's a quiet market writes its whole window */
};
enum { AGG_TRADES, AGG_DUPLICATES, AGG_LATE, AGG_QUARANTINED, AGG_COMMITS, AGG_CANDLES, AGG_MARKETS, AGG_OPEN,
       AGG_WAITING, AGG_LAG_MS, AGG_GAPS, AGG_CUTS };

typedef struct agg_partition { uint64_t next_offset; int touched; } agg_partition;

typedef struct agg_refused { wick_refusal r; char text[512]; } agg_refused;

/* Rows of the next commit, found by market, interval and time. */
typedef struct row_set {
    commit  *c;
    uint32_t *slots, cap;               /* index + 1 of c->candles */
} row_set;

struct agg {
    wick_stage stage;
    plan     plan;
    int      replay, partial, ready, asked, finished;
    int64_t  lateness_ns, skew_ns, delay_ns, window_ns;
    agg_market **markets;  uint32_t market_count, market_cap;
    uint32_t *index, index_cap;         /* market id to place in markets + 1 */
    agg_partition *parts;  uint32_t part_count;
    row_set  rows;
    commit  *pending;                   /* made and not taken yet */
    uint32_t ticks;                     /* since the last commit was made */
    int      dirty, full;               /* full: said AGAIN, has not said ready */
    uint64_t epoch;
    char     log_id[40];
    uv_timer_t *timer;
    idset    seen;                      /* replay */
    int64_t  last_ns;                   /* replay: the input's last time */
    agg_refused *refused;  uint32_t refused_count;
    wick_tick clean;                    /* a tick whose trailing zeros had to go */
};

#endif
