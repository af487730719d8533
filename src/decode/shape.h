/* SPDX-License-Identifier: Apache-2.0
 * Learnt shapes of messages: what shape.c compares with and shape_learn.c draws. */
#ifndef WICK_DECODE_SHAPE_H
#define WICK_DECODE_SHAPE_H

#include "quick.h"

enum { SHAPE_BYTES = 2048, SHAPE_TOKS = 128, SHAPE_TRADES = 8 };
enum { HOLE_STRING, HOLE_NUMBER, HOLE_WORD, HOLE_END };

typedef struct op {
    uint16_t at, len;                   /* the run in front of it, in bytes[] */
    uint16_t mask;                      /* of the run's last 16 bytes, or what it has of them */
    uint16_t val;
    uint16_t delim;                     /* the value ends before this delimiter of the message, */
    uint8_t  back;                      /* and so many bytes lie between them */
    uint8_t  kind;                      /* HOLE_* */
} op;

typedef struct marks {                  /* of a message */
    uint32_t delims, odd;               /* how many; odd bytes: " \ controls, no ASCII */
    uint16_t at[SHAPE_BYTES + 64];      /* delimiters , ] } from its begin */
} marks;

typedef struct shape {
    const rule *r;
    uint32_t ops, trades;
    uint32_t delims, odd;               /* delimiters of the message, odd bytes of the runs */
    op       op[SHAPE_TOKS + 1];
    view     val[SHAPE_TOKS];           /* by token; val[0] is nothing: a message is no scalar */
    uint32_t slots[SHAPE_TRADES][SLOTS_MAX];
    uint8_t  bytes[SHAPE_BYTES + PAD];
    quick    quick;
} shape;

typedef struct shape_store {
    shape    rows[SHAPES];
    uint32_t count, next, last;         /* next is replaced, last has fitted last */
    uint32_t misses;                    /* since a shape has fitted */
    uint32_t noted;                     /* trades of the message being read */
    uint32_t notes[SHAPE_TRADES][SLOTS_MAX];
} shape_store;

static inline uint32_t shape_odd(uint8_t c)
{
    return c < 0x20 || c > 0x7f || c == '"' || c == '\\';
}

/* Learnt shapes: 1 and the trades are there, or 0 and nothing has happened. */
int  shape_try(wick_decoder *d, const uint8_t *bytes, size_t size);
void shape_learn(wick_decoder *d, const rule *r, size_t size);
void shape_note(wick_decoder *d, const uint32_t *slots);   /* a trade of the message being read */
void shape_forget(wick_decoder *d);
void shape_marks(const uint8_t *bytes, size_t size, marks *m);
void shape_fini(wick_decoder *d);

#endif
