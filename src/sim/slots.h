/* SPDX-License-Identifier: Apache-2.0
 * The order of synthetic trades as a pure function: time is cut into slots of one trade each; a
 * block of M slots holds one trade of each of M markets, in an order of its own. So a market's
 * trades are numbered (by blocks) without anything being counted. No clock. */
#ifndef WICK_SIM_SLOTS_H
#define WICK_SIM_SLOTS_H

#include "hash.h"

typedef struct sim_slots {              /* the order of trades of M markets at a rate */
    uint64_t seed, count;               /* M */
    int64_t rate_milli; /* trades a 1000 seconds; 0: one a millisecond, without jitter */
    uint64_t block, mul, add;           /* cache: how the slots of this block are dealt */
} sim_slots;

int64_t  sim_slot_time(const sim_slots *z, uint64_t slot);          /* strictly ascending */
uint64_t sim_slot_at(const sim_slots *z, int64_t time_ns); /* the first slot at or after it */
uint32_t sim_slot_market(sim_slots *z, uint64_t slot);
uint64_t sim_slot_of(sim_slots *z, uint64_t block, uint32_t market);

#endif
