/* SPDX-License-Identifier: Apache-2.0
 * One connection's decoder: messages in, ticks out. What it remembers between messages is bounded:
 * symbols, bound names, ordinals of equal trades, and the shapes it has learnt. */
#ifndef WICK_DECODE_DECODER_H
#define WICK_DECODE_DECODER_H

#include "fast.h"
#include "inflate.h"
#include "known.h"
#include "plan.h"
#include "value.h"

enum { MESSAGE_MAX = 16 << 20, ID_MAX = 255, REFUSALS_KEPT = 8, SHAPES = 4, CONTROL_TEXT_MAX = 4096 };

typedef struct raw {                    /* the venue's own text of a tick of the last message */
    const uint8_t *price, *qty;
    uint32_t price_len, qty_len;
    const scale *price_by, *qty_by;
    uint32_t known;
} raw;

struct wick_decoder {
    wick      *w;
    wick_feed *f;
    char      *symbol;                  /* of messages that name none; NULL: none */
    tape       tape;
    const uint8_t *base;                /* what offsets of tokens count from */
    buf        scratch;                 /* what had to be unescaped; offsets of TOK_SCRATCH */
    buf        padded;                  /* the message, FRONT zeros before and PAD behind it */
    inflater  *zip;
    buf        order;                   /* children of arrays that are walked backwards */
    known_table known;
    bound_table bound;
    nth_table   nth;
    struct shape_store *shapes;
    struct opened *opened;              /* inside.h; NULL: nothing was asked of it yet */

    wick_tick *ticks;
    raw       *raws;                    /* parallel to ticks from `first` on */
    uint32_t   tick_count, tick_cap, first;
    buf        ids;
    int        lent;                    /* the batch was given out */
    int64_t    recv_ns;
    uint64_t   message, row;            /* ordinals from 1, of messages and of rows of a CSV */

    const rule *csv;                    /* the form in force, NULL: none fits */
    uint32_t    columns, column[SLOTS_MAX];     /* how many; a slot's token */

    const char *payload, *reason;       /* of the last message */
    uint32_t    refused, starved;       /* trades of it; 1: for want of memory */
    const char *refusals[REFUSALS_KEPT], *control;      /* kind of the control, NULL: it was none */
    buf         control_symbol, control_text;
    int64_t     control_ns;
};

view tok_view(wick_decoder *d, uint32_t tok);
view tok_key(wick_decoder *d, uint32_t tok);
void decoder_refuse(wick_decoder *d, const char *why);

#endif
