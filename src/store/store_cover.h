/* SPDX-License-Identifier: Apache-2.0
 * What open buckets are made of: closed rows of finer intervals, and open base rows (store_sqlite_parents.c). */
#ifndef WICK_STORE_COVER_H
#define WICK_STORE_COVER_H

#include "store_sqlite.h"

typedef struct sq_cover {
    wick      *w;
    sq_reader *r;
    int64_t    market;
    uint32_t   levels[STORE_INTERVALS_MAX], level_count;    /* finer ones, longest first; the last is the base */
    int64_t    until[STORE_INTERVALS_MAX];                  /* rows of a level end at or before it */
    int        open;                                        /* open base rows too */
    int      (*emit)(struct sq_cover *v, const wick_candle *c);  /* OK or an error */
    char      *why;
} sq_cover;
typedef struct sq_state {
    int64_t  id, watermark_ns, covered_from_ns;
    uint32_t base, flags;
    int      has_watermark;
} sq_state;
int  sq_by_time(const void *a, const void *b);         /* of candles, for qsort */
/* The five parameters of range, range_desc and open_range. */
void sq_bind_range(sqlite3_stmt *q, int64_t market, uint32_t interval, int64_t lo, int64_t hi);
/* The intervals that a market has, longest first. */
int  sq_intervals(sq_reader *r, int64_t market, uint32_t out[STORE_INTERVALS_MAX], char *why);
/* Disjoint rows that cover all trades of [lo, hi), as coarse as may be. */
int  sq_cover_run(sq_cover *v, uint32_t level, int64_t lo, int64_t hi);
/* Least and greatest begin of the open rows: 1; 0: there is none. */
int  sq_open_ends(sq_reader *r, const sq_state *m, int64_t *oldest, int64_t *newest, char *why);
/* The end of the newest closed row of the base; INT64_MIN: there is none. */
int  sq_closed_to(sq_reader *r, const sq_state *m, int64_t *out, char *why);
/* From where on buckets may be open: the watermark, or the oldest open row. INT64_MAX: nothing is. */
int  sq_open_from(sq_reader *r, const sq_state *m, int64_t *out, char *why);
/* The last row that begins before a time, of the open ones too where `open`: 1; 0: there is none. */
int  sq_before(sq_reader *r, const sq_state *m, uint32_t interval, int64_t before_ns, int open, wick_candle *out,
               char *why);
/* The open candles of q's interval within its range, ascending, behind a->rows. */
int  sq_parents(sq_reader *r, store_ask *a, const sq_state *m, uint32_t name, char *why);
/* From columns id, base, open_prev, watermark_ns, covered_from_ns; 0: it has no base yet. */
int  sq_market_state(sqlite3_stmt *q, sq_state *m);

#endif
