/* SPDX-License-Identifier: Apache-2.0
 * A synthetic market as a pure function: seed and name say what it costs and what is traded, for
 * all time; its trades are numbered, and any of them can be asked for. No state but caches, no
 * clock. */
#ifndef WICK_SIM_SPOT_H
#define WICK_SIM_SPOT_H

#include <stddef.h>

#include "hash.h"

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
    struct {
        int64_t at;
        int32_t from, to;
    } noise[SIM_OCTAVES]; /* cache of the lattice around the last time */
} sim_spot;

/* "Kraken:BTC-EUR" in its parts; NULL, or why it is not the name of a market. */
const char *sim_spot_parse(sim_spot *m, const char *name, size_t size);
/* Name of market i of the built-in list. */
void     sim_spot_name(uint32_t i, char *out, size_t size);
void     sim_spot_init(sim_spot *m, uint64_t seed);
/* The market's price at a time, in ticks, without the noise of the single trade. */
int64_t  sim_spot_price(sim_spot *m, int64_t time_ns);
/* Trade `ordinal` of market number `index`, which happens at time_ns. */
void sim_spot_trade(sim_spot *m, uint32_t index, uint64_t ordinal, int64_t time_ns, sim_trade *out);

#endif
