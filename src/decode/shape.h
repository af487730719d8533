/* SPDX-License-Identifier: Apache-2.0
 * Learnt shapes of messages: what shape.c compares with and shape_learn.c draws. */
#ifndef WICK_DECODE_SHAPE_H
#define WICK_DECODE_SHAPE_H

#include "trade.h"

enum { SHAPE_BYTES = 2048, SHAPE_TOKS = 128, SHAPE_TRADES = 8, RUN_PAD = 16, WORDS = SHAPE_BYTES / 64 + 1 };
enum { HOLE_STRING, HOLE_NUMBER, HOLE_WORD, HOLE_FIXED, HOLE_END };

typedef struct op {
    uint16_t at, len;                   /* the run in front of it, in bytes[] */
    uint16_t mask;                      /* of its first 16 bytes */
    uint16_t val;
    uint16_t delims;                    /* the value ends in front of the delimiter that comes so many on, */
    uint8_t  back;                      /* and so many bytes lie between them */
    uint8_t  kind;                      /* HOLE_* */
} op;

typedef struct shape {
    const rule *r;
    uint32_t ops, trades;
    op       op[SHAPE_TOKS + 1];
    view     val[SHAPE_TOKS + 1];       /* by token; val[0] is nothing: a message is no scalar; the last is spare */
    uint32_t slots[SHAPE_TRADES][SLOTS_MAX];
    uint8_t  bytes[SHAPE_BYTES + RUN_PAD];
} shape;

typedef struct shape_store {
    shape    rows[SHAPES];
    uint32_t count, next, last;         /* next is replaced, last has fitted last */
    uint32_t misses;                    /* since a shape has fitted */
    uint32_t noted;                     /* trades of the message being read, over SHAPE_TRADES: too many */
    uint32_t notes[SHAPE_TRADES][SLOTS_MAX];
} shape_store;

/* Learnt shapes: 1 and the trades are there, or 0 and nothing has happened. */
int  shape_try(wick_decoder *d, const uint8_t *bytes, size_t size);
void shape_learn(wick_decoder *d, const rule *r, size_t size);
void shape_note(wick_decoder *d, const uint32_t *slots);   /* a trade of the message being read */
void shape_forget(wick_decoder *d);
void shape_fini(wick_decoder *d);

#endif
