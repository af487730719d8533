/* SPDX-License-Identifier: Apache-2.0
 * The short way from a learnt shape's values to a tick, for trades that are as most are: every
 * field one plain value, nothing scaled, a market that was seen before. It does what trade_add()
 * does or nothing at all; then trade_add() does it. */
#ifndef WICK_DECODE_QUICK_H
#define WICK_DECODE_QUICK_H

#include "trade.h"

enum { QUICK_NAMES = 3, QUICK_ROWS = 128 };     /* texts that name a market; markets kept */

typedef struct quick_row {
    uint64_t head[QUICK_NAMES];         /* first and last eight bytes of its names */
    uint64_t tail[QUICK_NAMES];
    uint8_t  len[QUICK_NAMES + 1];
    uint32_t known;                     /* row of known_table + 1, 0: none */
} quick_row;

typedef struct quick {
    uint8_t   able, names;              /* the rule is such; how many names */
    uint8_t   name[QUICK_NAMES];        /* their slots */
    quick_row rows[QUICK_ROWS];         /* by hash; a later one takes the place */
} quick;

void quick_learn(const wick_decoder *d, const rule *r, quick *q);
/* 1: the trade is there; 0: nothing has happened. */
int  quick_add(wick_decoder *d, const rule *r, const quick *q, cells c);
/* trade_add() took this trade: remember which market its names are. */
void quick_note(wick_decoder *d, quick *q, cells c);

#endif
