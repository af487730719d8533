/* SPDX-License-Identifier: Apache-2.0
 * History of a simulated market by minutes: what the ledger has seen happen, and before that a
 * function of seed, market and minute. Hours and days are folded from minutes, so that they agree.
 * Numbers are integers of 10^-10. */
#ifndef WICK_SIM_SERIES_H
#define WICK_SIM_SERIES_H

#include "world.h"

typedef struct sim_bar {
    int64_t open, high, low, close;
    i128    volume, quote;
    int     empty;                      /* before the listing: all zeros */
} sim_bar;

/* The bar of [from_s, to_s), whole minutes; what lies at or behind now_ns has not happened: the
 * minute that runs has a price and no volume. */
void sim_series_bar(sim *s, uint32_t market, int64_t from_s, int64_t to_s, int64_t now_ns,
                    sim_bar *out);
/* Round as the vendor's history: two decimals, and four significant digits where those are more. */
i128 sim_series_round(i128 n);

/* sim_limits.c: count a call; 1: every window has room for it. */
int  sim_limits_admit(sim *s, int64_t now_ns);
int  sim_limits_stats(sim *s, buf *out);        /* body of /stats/rate/limit */
int  sim_limits_over(sim *s, buf *out);         /* Type 99 */
/* Headers of an answer; the limits among them where keys are asked for. */
int  sim_limits_head(sim *s, int64_t now_ns, const char *cache, buf *head);

#endif
