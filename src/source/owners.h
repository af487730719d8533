/* SPDX-License-Identifier: Apache-2.0
 * Which source speaks for a market: the lines "owner=SOURCE=MARKET" of a source's options, the first that fits.
 * MARKET is a name, "VENUE:" for all of a venue, or empty for all. */
#ifndef WICK_SOURCE_OWNERS_H
#define WICK_SOURCE_OWNERS_H

#include "../core/ctx.h"

typedef struct owners { wick *w; uint32_t self; char *options; } owners;    /* options NULL: none are named */

/* Another source than `self` that speaks for this market, as an id; WICK_NO_MARKET: it is self. */
uint32_t owners_other(const owners *o, uint32_t market);

#endif
