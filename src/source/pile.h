/* SPDX-License-Identifier: Apache-2.0
 * Trades of rows that have no time of receipt, put in the order of their own times: what is added in
 * any order comes out by time, equals as they were added. Runs that ascend already stay as they are
 * and are merged as they come out. All of it is in memory, at most PILE_MAX. */
#ifndef WICK_SOURCE_PILE_H
#define WICK_SOURCE_PILE_H

#include "../core/mem.h"

#define PILE_MAX ((size_t)1 << 30)

typedef struct run { uint32_t next, end; } run;     /* of ticks */

typedef struct pile {
    wick      *w;
    int        on;                      /* asked for */
    size_t     max;
    wick_tick *ticks;                   /* their ids are in ids */
    buf        ids;
    run       *runs;                    /* a heap; the one that still grows is not in it */
    uint32_t   tick_count, tick_cap, run_count, run_cap, begin;
    wick_tick *out;                     /* what pile_next() lent, with its ids */
    buf        out_ids;
} pile;

enum { PILE_BATCH = 8192 };

void pile_init(pile *p, wick *w);
void pile_fini(pile *p);
int  pile_add(pile *p, const wick_batch *b);        /* OK, NOMEM; AGAIN: over its bound */
int  pile_end(pile *p);                             /* nothing more is added. OK, NOMEM */
/* At most PILE_BATCH of them, good until the next call. 1; 0: no more; NOMEM. */
int  pile_next(pile *p, wick_batch *out);

#endif
