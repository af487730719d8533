/* SPDX-License-Identifier: Apache-2.0
 * What the files of the aggregation stage do for each other. */
#ifndef WICK_AGG_AGG_WORK_H
#define WICK_AGG_AGG_WORK_H

#include "agg.h"

enum { PARTS_MAX = 1 << 16 };           /* partitions of a log */
agg_partition *agg_part(agg *a, uint32_t i);    /* agg.c; NULL: no memory, or over that */

/* agg_tick.c: one trade through identity, coverage, lateness and fold. OK, NOMEM. */
int  agg_tick(agg *a, const wick_batch *b, uint32_t i);
int  agg_mark(agg *a, const wick_batch *b, const wick_mark *m);
int  agg_refill(agg *a, const wick_batch *b, uint32_t i);   /* a trade that is in the store: only remember it */

/* agg_era.c: the source that speaks for a market at a time, and its rule of the open; never NULL. */
const market_era *agg_era(const agg_market *m, int64_t time_ns);
int  agg_era_speaks(const market_era *e, const wick_batch *b);  /* whether this record's trades are of that era */
ident agg_era_ident(const market_era *e, const wick_tick *t, const uint8_t *id);
/* Before a mark is heard: an OPEN covers from its era's begin on at most. OK, NOMEM. */
int  agg_era_mark(agg *a, agg_market *m, wick_mark *mark);
int  agg_era_put(agg *a, const agg_market *m);              /* into the next commit. OK, NOMEM */
int  agg_era_load(agg *a, const commit *c);                 /* of the store, behind its markets. OK, NOMEM */

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
