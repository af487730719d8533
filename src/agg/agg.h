/* SPDX-License-Identifier: Apache-2.0
 * The aggregation stage: records of the log in, commits of candles out; in replay a whole recording in, its candles
 * out. Everything it decides follows from the log alone (design.md §6), never from a clock.
 *
 * Bounds: a market keeps AGG_OPEN_MAX open buckets of an interval (more: the oldest close early), WINDOW_MAX
 * identities, COVER_GAPS gaps; a commit AGG_TICKS trades; quarantine AGG_REFUSED an event. Replay keeps all its
 * buckets and identities. */
#ifndef WICK_AGG_AGG_H
#define WICK_AGG_AGG_H

#include "../core/commit.h"
#include "../core/stage.h"
#include "bar.h"
#include "cover.h"
#include "plan.h"
#include "window.h"

enum {
    AGG_OPEN_MAX = 4096, AGG_TICKS = 200000, AGG_COMMIT_MS = 100, AGG_REFUSED = 256,
    AGG_IDLE_RECORDS = 4096             /* after so many of the log's a quiet market writes its whole window */
};
enum { AGG_TRADES, AGG_DUPLICATES, AGG_LATE, AGG_QUARANTINED, AGG_COMMITS, AGG_CANDLES, AGG_MARKETS, AGG_OPEN,
       AGG_WAITING, AGG_LAG_MS, AGG_GAPS };

/* Open buckets of one market and interval: open addressing over begin times. */
typedef struct shelf {
    bar    **slots;                     /* cap is a power of two, 0: none yet */
    uint32_t cap, count;
    bar     *last;                      /* the one used last */
    bar     *spare;                     /* one that closed, for the next */
} shelf;

typedef struct agg_market {
    uint32_t id, partition, flags;      /* WICK_MARK_F_* */
    int      dirty, spare;              /* changed since the last commit */
    cover    cov;
    window   win;
    int64_t  next_end;                  /* least end of an open bucket */
    uint64_t last_offset;               /* of its last trade */
    uint32_t told_changed;              /* cov.changed when its spans were written */
    cover_span *told;                   /* spans that were written */
    uint32_t told_count;
    int64_t  told_from;
    shelf    shelves[];                 /* plan.count of them */
} agg_market;

typedef struct agg_partition { uint64_t next_offset; int touched; } agg_partition;

typedef struct agg_refused { wick_refusal r; char text[512]; } agg_refused;

/* Rows of the next commit, found by market, interval and time. */
typedef struct row_set {
    commit  *c;
    uint32_t *slots, cap;               /* index + 1 of c->candles */
} row_set;

typedef struct agg {
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
} agg;

/* agg_market.c */
agg_market *agg_market_get(agg *a, uint32_t id, uint32_t partition);
void agg_market_free(agg *a, agg_market *m);
bar *shelf_find(const shelf *s, int64_t time_ns);
bar *shelf_get(agg *a, agg_market *m, uint32_t row, int64_t time_ns);
void shelf_drop(agg *a, shelf *s, bar *b);
/* Close what the watermark has passed. OK or NOMEM. */
int  agg_close_due(agg *a, agg_market *m);
/* Coverage has changed from `old`: rows that are closed learn whether they are complete. */
int  agg_recheck(agg *a, agg_market *m, const cover *old);
uint32_t agg_flags(const agg_market *m, const bar *b);

/* agg_tick.c: one trade through identity, coverage, lateness and fold. OK, NOMEM. */
int  agg_tick(agg *a, const wick_batch *b, uint32_t i);
int  agg_mark(agg *a, const wick_batch *b, const wick_mark *m);
int  agg_refill(agg *a, const wick_batch *b, uint32_t i);   /* a trade that is in the store: only remember it */

/* agg_refuse.c */
int  agg_refuse(agg *a, const wick_batch *b, uint32_t i, const char *reason);
void agg_tell_refused(agg *a);

/* agg_rows.c */
wick_candle *rows_find(const row_set *r, uint32_t market, uint32_t interval, int64_t time_ns);
/* One more row with this key, zeroed but for it; NULL: no memory. */
wick_candle *rows_add(agg *a, uint32_t market, uint32_t interval, int64_t time_ns, int64_t end_ns);
int  rows_begin(agg *a);
void rows_fini(agg *a);

/* agg_commit.c */
int  agg_commit(agg *a);                /* make a commit of what changed and send it; OK, AGAIN, NOMEM */
int  agg_send(agg *a);                  /* send the one that waits */

/* agg_restore.c */
void agg_start(agg *a);                 /* ask the store, then the log, once both are linked */

/* agg_replay.c */
int  agg_replay_finish(agg *a, uint32_t tag);

#endif
