/* SPDX-License-Identifier: Apache-2.0
 * Learnt shapes of messages: what shape.c compares with and shape_learn.c draws. */
#ifndef WICK_DECODE_SHAPE_H
#define WICK_DECODE_SHAPE_H

#include "quick.h"

enum { SHAPE_BYTES = 2048, SHAPE_TOKS = 128, SHAPE_TRADES = 8,
       SHAPE_OPS = SHAPE_TOKS + SHAPE_BYTES / 16 + 1 };
enum { HOLE_NUMBER, HOLE_STRING, HOLE_WORD, HOLE_MORE, HOLE_END };     /* MORE: none, the run is longer */

typedef struct op {
    uint8_t  run[16];                   /* what the message must have here, */
    uint16_t mask;                      /* and of that only this */
    uint8_t  len, kind;                 /* of the run; HOLE_*, which follows it */
    uint8_t  back;                      /* bytes between the value's end and a comma, */
    uint16_t commas;                    /* so-manieth from the last value's */
} op;

typedef struct shape {
    const rule *r;
    uint32_t trades, holes;
    op       op[SHAPE_OPS];
    view     val[SHAPE_TOKS + 1];       /* nothing, the values of the holes in their order, those in the runs */
    uint32_t slots[SHAPE_TRADES][SLOTS_MAX];    /* of a trade: where in val[] */
    quick_span names[SHAPE_TRADES];
    uint8_t  front[FRONT], bytes[SHAPE_BYTES + PAD];
    quick    quick;
} shape;

typedef struct shape_store {
    shape    rows[SHAPES];
    uint32_t count, next, last;         /* next is replaced, last has fitted last */
    uint32_t misses;                    /* since a shape has fitted */
    uint32_t noted;                     /* trades of the message being read */
    uint32_t notes[SHAPE_TRADES][SLOTS_MAX];
} shape_store;

/* Learnt shapes: 1 and the trades are there, or 0 and nothing has happened. */
int  shape_try(wick_decoder *d, const uint8_t *bytes, size_t size);
void shape_learn(wick_decoder *d, const rule *r, size_t size);
void shape_note(wick_decoder *d, const uint32_t *slots);   /* a trade of the message being read */
void shape_forget(wick_decoder *d);
void shape_fini(wick_decoder *d);

#endif
