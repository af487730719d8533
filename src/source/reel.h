/* SPDX-License-Identifier: Apache-2.0
 * Marks of rows without a time of receipt (CSV, bare NDJSON): all such files of an input are one reel.
 * A market is covered from its first trade in time, all end at the greatest time of any row. OPEN
 * stands in front of a market's first row with the least time of that burst; where a later row is older
 * still, a second OPEN of the same connection widens it at the end. Bounded by the number of markets. */
#ifndef WICK_SOURCE_REEL_H
#define WICK_SOURCE_REEL_H

#include "../core/table.h"
#include "hearing.h"

typedef struct reeled {
    uint32_t slot, other;               /* market + 1, 0: empty; other: another source speaks for it */
    int64_t  first_ns, told_ns;         /* least time so far, and the one that its OPEN said */
} reeled;

typedef struct reel {
    wick    *w;
    uint64_t conn;
    uint32_t source, flags;
    const owners *owners;               /* NULL: it speaks for all */
    int64_t  last_ns, alive_ns;         /* greatest time of a row, INT64_MIN: none; the last ALIVE */
    reeled   *slots;                     /* a table (core/table.h) */
    uint32_t slot_count, used;
    reeled   *last;
} reel;

void reel_init(reel *t, wick *w, uint64_t conn);
void reel_fini(reel *t);
/* All ticks of a burst: OPENs, and an ALIVE at most once a second of the reel. OK or NOMEM. */
int  reel_ticks(reel *t, const wick_tick *ticks, uint32_t count, marks *out);
int  reel_close(reel *t, marks *out);   /* ALIVE and CLOSE; ends the reel */

#endif
