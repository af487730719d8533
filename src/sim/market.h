/* SPDX-License-Identifier: Apache-2.0
 * One market of the simulated world, inside. */
#ifndef WICK_SIM_MARKET_H
#define WICK_SIM_MARKET_H

#include "sim.h"
#include "text.h"

enum { SIM_REPLAY = 20 };               /* trades that a subscription is answered with */

typedef struct sim_market {
    sim_spot   spot;
    char       head[160];
    uint32_t   head_size, latest_count;
    int        begun;                   /* somebody has subscribed: its trades happen */
    uint64_t   gap, dropped;            /* trades to withhold; those hidden from CCSEQ */
    uint64_t   next, named;             /* recording: the next ordinal; ids made in this second */
    int64_t    named_s;
    sim_trade *latest;                  /* ring of SIM_REPLAY, made when it begins */
    sim_ledger ledger;
} sim_market;

/* The index of a name "VENUE:BASE-QUOTE", made when new. ARG with wick_error(), NOMEM. */
int  sim_market_add(sim *s, const char *name, size_t size, uint32_t *out);
/* It is subscribed to: its trades begin, and with the first market the world. OK, NOMEM, DATA. */
int  sim_begin(sim *s, uint32_t market, int64_t now_ns);

#endif
