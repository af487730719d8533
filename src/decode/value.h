/* SPDX-License-Identifier: Apache-2.0
 * Text of a venue to exact values: decimals, times, counts. Nothing here rounds a price, nothing
 * goes through a double. No state. */
#ifndef WICK_DECODE_VALUE_H
#define WICK_DECODE_VALUE_H

#include "field.h"

typedef struct view {                   /* the text of a value; text NULL: it is not there */
    const uint8_t *text;
    uint32_t len;
    uint8_t  type;                      /* TOK_* of its token */
    uint8_t  point;                     /* fast_point() of it, where that is known already */
} view;

static inline view view_text(const void *text, size_t len)
{
    return (view){.text = text, .len = (uint32_t)len, .type = TOK_STRING};
}

/* Whether it is an object or an array, which have no text. */
static inline int view_holds(view v)
{
    return v.type == TOK_OBJECT || v.type == TOK_ARRAY;
}

/* A decimal as dec_parse() reads it, canonical. DEC_OK, DEC_NOT, DEC_OVERFLOW. */
int  value_decimal(const uint8_t *text, size_t size, int64_t *m, int *exp);
/* Times a scale; DEC_OVERFLOW where the result is not of an int64 and an int8. */
int  value_scale(int64_t *m, int *exp, int64_t by, int by_exp);
/* Digits only, up to 2^63 - 1; 0: they are not. */
int  value_integer(const uint8_t *text, size_t size, int64_t *out);
/* A time in a unit (UNIT_*) to ns since 1970, finer than a nanosecond cut off. 0: it is none, or not in
 * [1970, 2201). */
int  value_time(const uint8_t *text, size_t size, int unit, int64_t *ns);
/* The same; an ISO time that says no offset is so many seconds east of UTC. */
int  value_local(const uint8_t *text, size_t size, int unit, int east, int64_t *ns);
/* The venue's digits as plain text: its trailing zeros kept, exponents and the scale written out. */
int  value_digits(const uint8_t *text, size_t size, const scale *by, char *out, size_t room);

#endif
