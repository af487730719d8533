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

typedef struct shape_store shape_store;

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
    buf        padded;                  /* the message, with PAD zeros behind it */
    inflater  *zip;
    buf        order;                   /* children of arrays that are walked backwards */
    known_table known;
    bound_table bound;
    nth_table   nth;
    shape_store *shapes;

    wick_tick *ticks;
    raw       *raws;                    /* parallel to ticks from `first` on */
    uint32_t   tick_count, tick_cap, first;
    buf        ids;
    int        lent;                    /* the batch was given out */
    int64_t    recv_ns;
    uint64_t   message;                 /* ordinal, from 1 */
    uint64_t   row;                     /* of a CSV */
    uint32_t   confirmed;               /* subscriptions confirmed so far */

    const rule *csv;                    /* the form in force, NULL: none fits */
    uint32_t    columns;
    uint32_t    column[SLOTS_MAX];      /* a slot's token */

    const char *payload, *reason;       /* of the last message */
    uint32_t    refused;
    const char *refusals[REFUSALS_KEPT];
    const char *control;                /* kind, NULL: it was none */
    buf         control_symbol, control_text;
    int64_t     control_ns;
};

/* The values of a rule's slots: slot i is val[at[i]]; val[0] is nothing. */
typedef struct cells { const view *val; const uint32_t *at; } cells;
/* The cells of the tokens in slots, into room for SLOTS_MAX + 1 and SLOTS_MAX of them. */
cells cells_of(wick_decoder *d, const rule *r, const uint32_t *slots, view *val, uint32_t *at);
/* One trade, appended; the reason why it is refused, NULL: it is there. */
const char *trade_add(wick_decoder *d, const rule *r, cells c);
/* The text of a field: parts joined into room, prefixes and suffixes cut. */
enum { FIELD_ROOM = 512 };
view field_view(wick_decoder *d, const field *in, cells c, uint8_t room[FIELD_ROOM + PAD]);
view tok_view(wick_decoder *d, uint32_t tok);
view tok_key(wick_decoder *d, uint32_t tok);
/* The first rule that fits the message on the tape, NULL: none. */
const rule *match_rule(wick_decoder *d);
/* Whether a trade passes the rule's own tests of trades. */
int  match_trade(wick_decoder *d, const rule *r, const scope *s);
/* All trades of the message on the tape by this rule, or all that its control names; the reason, NULL: taken. */
const char *gather(wick_decoder *d, const rule *r, int control);
void decoder_refuse(wick_decoder *d, const char *why);
/* Text of packed fields to the tape as an object of strings; 0: no memory. */
int  packed_scan(wick_decoder *d, const uint8_t *bytes, size_t size);
int  csv_head(wick_decoder *d, const uint8_t *bytes, size_t size);
int  csv_row(wick_decoder *d, const uint8_t *bytes, size_t size);
/* Learnt shapes: 1 and the trades are there, or 0 and nothing has happened. */
int  shape_try(wick_decoder *d, const uint8_t *bytes, size_t size);
void shape_learn(wick_decoder *d, const rule *r, size_t size);
void shape_note(wick_decoder *d, const uint32_t *slots);   /* a trade of the message being read */
void shape_forget(wick_decoder *d);
void shape_fini(wick_decoder *d);

#endif
