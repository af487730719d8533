/* SPDX-License-Identifier: Apache-2.0
 * What was not heard of a market: spans of time, both ends inclusive, and how many trades are missing in them where
 * trades are numbered without a hole (WICK_TICK_ID_COUNTS, WICK_TICK_SEQ_COUNTS).
 *
 * A gap of a connection is pending until the next number says how many trades it has cost: none, and it was none;
 * some, and it stands until so many new ones have come with numbers in between. A number that jumps while we listen is
 * a gap from the trade before to the trade behind. Where more than every fifth jumps, something else is counted too:
 * jumps then prove nothing, and every gap stands for itself. */
#ifndef WICK_AGG_GAPS_H
#define WICK_AGG_GAPS_H

#include "../core/ctx.h"

enum { GAPS_MAX = 256, GAPS_CREDIT = 8, GAPS_FIFTH = 4, GAPS_MEMORY = 4096 };
#define GAP_UNCOUNTED UINT64_MAX
#define GAP_NONE ((cover_gap){ .from_ns = INT64_MAX, .to_ns = INT64_MIN })

typedef struct cover_gap {
    int64_t  from_ns, to_ns;            /* none where to_ns < from_ns */
    uint64_t lo, hi;                    /* the missing ones' numbers are between these */
    uint64_t missing;                   /* so many of them; GAP_UNCOUNTED: nobody can say */
    int      pending;                   /* the next number says how many more */
} cover_gap;

typedef struct gaps {
    cover_gap *all;                     /* ascending, apart but for ends; over GAPS_MAX the oldest two join */
    uint32_t count, cap;
    int      pending;                   /* some of them may be */
    struct gaps_top {                   /* 24 bytes, kept with the market's state */
        uint64_t number;                /* the greatest that was seen, 0: none yet */
        int64_t  time_ns;
        uint32_t steps, jumps;          /* how often it went up by one, by more */
    } top;
} gaps;

static inline int gap_is(const cover_gap *g) { return g->to_ns >= g->from_ns; }
static inline int gap_counted(const cover_gap *g) { return g->missing && g->missing != GAP_UNCOUNTED; }

/* 0: it has none. */
static inline uint64_t gaps_number_of(const wick_tick *t)
{
    return t->flags & WICK_TICK_SEQ_COUNTS ? t->seq : t->flags & WICK_TICK_ID_COUNTS ? t->id_key : 0;
}

void gaps_fini(wick *w, gaps *s);
/* OK, also for none, or NOMEM. */
int  gaps_add(wick *w, gaps *s, cover_gap g);
/* Everything since a known trade was delivered again. Counted ones stay. 1: some went. */
int  gaps_heal(gaps *s, int64_t since_ns);
/* A trade's number, if it has one. fresh: the gap of a connection that has just begun, NULL: none; whole: the trades
 * since that gap are being repeated, from this one on. 1: gaps have changed, 0, NOMEM. */
int  gaps_number(wick *w, gaps *s, cover_gap *fresh, const wick_tick *t, int known, int whole);
/* 0: this trade's number changes nothing. Whether it is greater than all before. */
int  gaps_may(const gaps *s, const wick_tick *t);
int  gaps_ahead(const gaps *s, const wick_tick *t);
/* Numbers begin anew: what they might have proved is not to be proved. 1: gaps have changed. */
int  gaps_uncount(gaps *s, cover_gap *fresh);
int  gaps_touch(const gaps *s, int64_t begin_ns, int64_t end_ns);   /* [begin, end) */

#endif
