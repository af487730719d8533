/* SPDX-License-Identifier: Apache-2.0
 * PODs described as data: what their fields are called in Lua, where they stand, how they are
 * read. */
#ifndef WICK_BIND_LUA54_POD_H
#define WICK_BIND_LUA54_POD_H

#include "lua54_view.h"

enum {                                  /* how a field is read */
    F_U16, F_U32, F_I32,                /* numbers */
    F_COUNT,                            /* 64 bits that count: a number */
    F_I64, F_U64, F_HEX,                /* exact text; 16 hexadecimal digits */
    F_MS,                               /* int64 ns as a number of ms, towards the past */
    F_DEC, F_WIDE,                      /* a number for arithmetic, of 64 or 128 bits; more: its exponent's place */
    F_FLAG,                             /* a boolean; more: its mask */
    F_MARKET,                           /* nil where it is WICK_NO_MARKET */
    F_TEXT, F_BYTES,                    /* const char *; more: place of its length */
    F_ID, F_SIDE, F_METHOD, F_MARK_NAME, F_EVENT_NAME,
    F_TICKS, F_MARKS,                   /* of a batch */
    F_EVENT_TEXT, F_EVENT_CANDLES, F_EVENT_REFUSALS,
    F_EVENT_ONE                         /* a POD that an event carries; more: the event's kind */
};

typedef struct field {
    const char *name;
    int    how;
    size_t at, more;
} field;

struct pod {
    const char  *name;                  /* "wick.tick" */
    size_t       size;
    const field *fields;                /* up to one without a name */
};
extern const pod *const PODS[];         /* up to NULL */

/* Push a field of the element that v shows. */
void field_push(lua_State *L, const view *v, const field *f);

#endif
