/* SPDX-License-Identifier: Apache-2.0
 * The synthetic world as a pure function: seed, markets and rate say which trade happens when, for all time. Time is cut
 * into slots of one trade each; a block of M slots holds one trade of each of the M markets, in an order of its own. So
 * a market's trades are numbered (by blocks) without anything being counted. No state but caches, no clock. */
#ifndef WICK_SOURCE_SIM_GEN_H
#define WICK_SOURCE_SIM_GEN_H

#include "../core/mem.h"

enum { SIM_MARKETS_MAX = 8192, SIM_PART_MAX = 31, SIM_ID_MAX = 44, SIM_OCTAVES = 8 };

enum { SIM_SELL = 1, SIM_BUY = 2, SIM_UNKNOWN = 4, SIM_REVERSED = 8 };     /* the vendor's F */

typedef struct sim_fact {               /* what a candle knows of a trade */
    int64_t  time_ns, price, qty;
    uint64_t ordinal;                   /* of its market */
    uint64_t id_key;                    /* wick_id_key(id) */
    uint32_t market;                    /* index in the world */
    int8_t   price_exp, qty_exp;
    uint8_t  flags, spare;
} sim_fact;

typedef struct sim_trade {
    sim_fact fact;
    int64_t  recv_ns;                   /* when the vendor had it */
    uint64_t ccseq;
    uint32_t id_len;
    char     id[SIM_ID_MAX];
} sim_trade;

typedef struct sim_spot {               /* what a market is like */
    char     venue[SIM_PART_MAX + 1], base[SIM_PART_MAX + 1], quote[SIM_PART_MAX + 1];
    int64_t  ticks;                     /* its middle price in units of 10^tick_exp */
    int      tick_exp, qty_shift;       /* quantities are multiplied by 10^qty_shift */
    uint64_t seed;
    struct { int64_t at; int32_t from, to; } noise[SIM_OCTAVES];    /* cache of the lattice around the last time */
} sim_spot;

typedef struct sim_slots {              /* the order of trades of M markets at a rate */
    uint64_t seed, count;               /* M */
    int64_t  rate_milli;                /* trades a 1000 seconds; 0: one a millisecond, without jitter */
    uint64_t block, mul, add;           /* cache: how the slots of this block are dealt */
} sim_slots;

/* "Kraken:BTC-EUR" in its parts; NULL, or why it is not the name of a market. */
const char *sim_spot_parse(sim_spot *m, const char *name, size_t size);
/* Name of market i of the built-in list. */
void     sim_spot_name(uint32_t i, char *out, size_t size);
void     sim_spot_init(sim_spot *m, uint64_t seed);
/* The market's price at a time, in ticks, without the noise of the single trade. */
int64_t  sim_spot_price(sim_spot *m, int64_t time_ns);
/* Trade `ordinal` of market number `index`, which happens at time_ns. */
void     sim_spot_trade(sim_spot *m, uint32_t index, uint64_t ordinal, int64_t time_ns, sim_trade *out);

int64_t  sim_slot_time(const sim_slots *z, uint64_t slot);          /* strictly ascending */
uint64_t sim_slot_at(const sim_slots *z, int64_t time_ns);          /* the first slot at or after it */
uint32_t sim_slot_market(sim_slots *z, uint64_t slot);
uint64_t sim_slot_of(sim_slots *z, uint64_t block, uint32_t market);

static inline uint64_t sim_mix(uint64_t x)                          /* a bijection with good avalanche */
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static inline uint64_t sim_hash(uint64_t seed, uint64_t a, uint64_t b)
{
    return sim_mix(seed + sim_mix(a * 0x9e3779b97f4a7c15u + sim_mix(b + 0x632be59bd9b4e019u)));
}

#endif
