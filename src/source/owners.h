/* SPDX-License-Identifier: Apache-2.0
 * Which source speaks for a market: the lines "owner=SOURCE=MARKET" of a source's options, the first that fits.
 * MARKET is a name, "VENUE:" for all of a venue, or empty for all. */
#ifndef WICK_SOURCE_OWNERS_H
#define WICK_SOURCE_OWNERS_H

#include "../core/ctx.h"
#include "marks.h"

typedef struct owners { wick *w; uint32_t self; char *options; } owners;    /* options NULL: none are named */

/* Another source than `self` that speaks for this market, as an id; WICK_NO_MARKET: it is self. o may be NULL. */
uint32_t owners_other(const owners *o, uint32_t market);
/* The mark that says so, in front of its first trade, which nobody asked for. OK or NOMEM. */
int  owners_mark(const owners *o, uint32_t market, uint64_t conn, uint32_t at, marks *out);

#endif
