/* SPDX-License-Identifier: Apache-2.0
 * Where an input stands in the log. Every trade of a recording has a place in its market: the time by
 * which it is ordered (of its receipt; rows: its own), and its ordinal among those of that time. The
 * log remembers the last one it took (WICK_MARK_PLACE); on a later reading those up to it are left out,
 * exactly. A live source (the simulator) only notes its newest trade. Bounded by the number of markets. */
#ifndef WICK_SOURCE_PLACING_H
#define WICK_SOURCE_PLACING_H

#include "../core/table.h"
#include "marks.h"

typedef struct placed {                 /* a market */
    uint32_t slot, touched;             /* market + 1, 0: empty; it has a new place in this batch */
    uint32_t count, log_count;
    int64_t  ns, log_ns;                /* of the last trade so far; of the last in the log */
} placed;

typedef struct placing {
    wick    *w;
    wick_stage *log;                    /* NULL: none, or not asked for: nothing here happens */
    uint64_t key;
    uint32_t source;                    /* of its marks */
    placed  *slots;                     /* a table (core/table.h) */
    uint32_t slot_count, used;
    int64_t  newest_ns;                 /* live */
    uint8_t *in_log;                    /* of each tick of this batch */
    wick_tick *kept;                    /* those that are not */
    uint32_t cap, count;                /* of both; of this batch */
    int      noted;                     /* some place is new */
} placing;

void placing_fini(placing *p);
/* A batch begins. OK or NOMEM, as all of these. */
int  placing_begin(placing *p, const wick_batch *b);
/* ticks[from..to) stand in the order at ns, or each at its own time (INT64_MIN). */
int  placing_ticks(placing *p, const wick_batch *b, uint32_t from, uint32_t to, int64_t ns);
void placing_live(placing *p, const wick_batch *b);
/* Leave out what is in the log, and say where the rest stands. */
int  placing_end(placing *p, wick_batch *b, marks *out);

#endif
