/* SPDX-License-Identifier: Apache-2.0
 * PODs as Lua reads them: runs ("views") and single elements, lent for a while or owned. */
#ifndef WICK_BIND_LUA54_VIEW_H
#define WICK_BIND_LUA54_VIEW_H

#include "lua54.h"

typedef struct pod pod;                 /* a kind of POD: its size and its fields */
extern const pod EVENT, BATCH, TICK, MARK, CANDLE, CONTROL, REFUSAL, REQUEST, REPLY;

typedef struct view {
    const pod *type;
    const void *p;
    uint32_t count;
    uint32_t byte_count;                /* ticks: their ids */
    const uint8_t *bytes;
    const cell *lent;                   /* NULL: the elements stand behind this struct */
    uint64_t at;                        /* the loan is good while lent->now is this */
} view;

/* Push a view of n elements, or one element, that `from` or a cell lends. */
void view_push(lua_State *L, const pod *type, const void *p, uint32_t n, const cell *lent);
void one_push(lua_State *L, const pod *type, const void *p, const view *from);
view *view_arg(lua_State *L, int i, const pod *type);       /* a view or an element of this type; raises */
int  view_field(lua_State *L, int i);                        /* WICK_F_* by its name, argument i */
void view_setup(lua_State *L);                              /* metatables, once a state */

#endif
