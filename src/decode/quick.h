/* SPDX-License-Identifier: Apache-2.0
 * The short way from a learnt shape's values to a tick, for trades that are as most are: every
 * field one plain value, nothing scaled, a market that was seen before. It does what trade_add()
 * does or nothing at all; then trade_add() does it. */
#ifndef WICK_DECODE_QUICK_H
#define WICK_DECODE_QUICK_H

#include "trade.h"

enum { QUICK_BYTES = 64, QUICK_ROWS = 128, QUICK_SIDES = 16 };
                                        /* longer names are not kept; markets, texts of sides kept */

/* The values that name a trade's market, and nothing between them that varies but they: they are compared together.
 * Both 0: none varies. */
typedef struct quick_span {
    uint16_t first, last;
    uint8_t  able;                      /* they are such */
} quick_span;

typedef struct quick_row {
    uint64_t word[QUICK_BYTES / 8];     /* the names with what is between them, 0 behind */
    uint32_t len;
    uint32_t known;                     /* row of known_table + 1, 0: none */
} quick_row;

typedef struct quick_side {             /* what a text of at most eight bytes says of the side */
    uint64_t word;
    uint32_t len;
    int32_t  side;
} quick_side;

typedef struct quick {
    uint32_t  able;                     /* the rule is such */
    quick_side sides[QUICK_SIDES];
    quick_row rows[QUICK_ROWS];         /* by hash; a later one takes the place */
} quick;

void quick_learn(const wick_decoder *d, const rule *r, quick *q);
/* 1: the trade is there; 0: nothing has happened. */
int  quick_add(wick_decoder *d, const rule *r, quick *q, quick_span names, cells c);
/* trade_add() took this trade: remember which market its names are. */
void quick_note(wick_decoder *d, quick *q, quick_span names, cells c);

#endif
