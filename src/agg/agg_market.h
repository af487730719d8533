/* SPDX-License-Identifier: Apache-2.0
 * A market's state in the aggregation stage: its open buckets, coverage and identities, and what of
 * them was written last. */
#ifndef WICK_AGG_AGG_MARKET_H
#define WICK_AGG_AGG_MARKET_H

#include "bar.h"
#include "cover.h"
#include "window.h"

typedef struct agg agg;

/* Open buckets of one market and interval: open addressing over begin times. */
typedef struct shelf {
    bar    **slots;                     /* cap is a power of two, 0: none yet */
    uint32_t cap, count;
    bar     *last;                      /* the one used last */
    bar     *spare;                     /* one that closed, for the next */
    int64_t  prev_ns;                   /* last trade of the one that closed last; 0: none yet */
} shelf;

typedef struct agg_market {
    uint32_t id, partition;
    int      dirty, eras_changed;       /* since the last commit */
    market_eras eras;
    cover    cov;
    window   win;
    int64_t  known_ns;                  /* up to it trades are of logs that are gone */
    int64_t  next_end;                  /* least end of an open bucket */
    uint64_t last_offset;               /* of its last trade */
    uint32_t told_changed;              /* cov.changed when its spans were written */
    cover_span *told;                   /* spans that were written */
    uint32_t told_count;
    int64_t  told_from;
    shelf    shelves[];                 /* plan.count of them */
} agg_market;

/* NULL: no memory. */
agg_market *agg_market_get(agg *a, uint32_t id, uint32_t partition);
void agg_market_free(agg *a, agg_market *m);
bar *shelf_find(const shelf *s, int64_t time_ns);
bar *shelf_get(agg *a, agg_market *m, uint32_t row,
               int64_t time_ns); /* of plan row `row`; NULL: no memory */
void shelf_drop(agg *a, shelf *s, bar *b);
/* Close what the watermark has passed. OK or NOMEM. */
int  agg_close_due(agg *a, agg_market *m);
/* Coverage has changed from `old`: rows that are closed learn whether they are complete. */
int  agg_recheck(agg *a, agg_market *m, const cover *old);
/* WICK_CANDLE_* of the bucket [begin, end) as things stand. */
uint32_t agg_flags(const agg_market *m, int64_t begin_ns, int64_t end_ns);
/* A candle behind one whose last trade was at prev_ns (0: there is none) gets BEHIND where that is
 * so. With a store, it says so when it answers: then what turns out later counts too. */
void agg_behind(const agg_market *m, int64_t prev_ns, wick_candle *c);

#endif
