/* SPDX-License-Identifier: Apache-2.0
 * What the files of the Lua 5.4 module share. The same face over LuaJIT's FFI is
 * lua/wick/ffi.lua. */
#ifndef WICK_BIND_LUA54_H
#define WICK_BIND_LUA54_H

#include <lauxlib.h>
#include <lua.h>

#include "../wick.h"

/* The age of what a context or decoder lends: it counts up, and older loans are over. */
typedef struct cell {
    uint64_t now;
} cell;

/* A handle that Lua holds; p is NULL once it is closed, and till then w lives in C. */
typedef struct handle {
    void *p;
    wick *w;
    cell *lent;                         /* contexts and decoders */
    void *room;                         /* for the PODs that are lent: user value 1 */
} handle;
enum { EVENTS_MAX = 1024 };               /* of one poll */

#define EXACT_MAX ((int64_t)1 << 53)       /* what a number holds exactly, on either VM */

typedef struct kind {                   /* of handle */
    const char *name, *type;            /* "stage", "wick.stage" */
    void (*close)(void *p);
} kind;
extern const kind CONF, CONTEXT, FEED, DECODER, CHECK, STAGE;
handle *handle_new(lua_State *L, const kind *k, wick *w);   /* on the stack, p still NULL */
void handle_open(lua_State *L, const kind *k, handle *h, void *p);
int  handle_close(lua_State *L, const kind *k);             /* argument 1; returns true to Lua */
handle *handle_arg(lua_State *L, int i, const kind *k);     /* raises where it is closed */
cell *cell_new(lua_State *L);

wick         *context_arg(lua_State *L, int i);
wick_stage   *stage_arg(lua_State *L, int i, wick **w);
const char   *text_arg(lua_State *L, int i);                /* without zero bytes */
const char   *text_opt(lua_State *L, int i);                /* NULL for nil */
const char   *bytes_arg(lua_State *L, int i, size_t *size);
const char   *bytes_opt(lua_State *L, int i, size_t *size);
int64_t       int_arg(lua_State *L, int i, int64_t least, int64_t most);
int64_t       exact_arg(lua_State *L, int i);               /* int64 as text, or a number below 2^53 */
uint64_t      exact_unsigned_arg(lua_State *L, int i);
uint32_t      tag_arg(lua_State *L, int i);                 /* nil: 0 */
const char *got(lua_State *L, int i);                       /* what it is instead */
int raise(lua_State *L, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void push_exact(lua_State *L, int64_t v);

/* What a wick function returned, as Lua gets it: E_ARG raises; nil, text, code; true; a count. */
int fail(lua_State *L, const char *why, int64_t rc);
int answer(lua_State *L, const wick *w, int64_t rc);
int answer_count(lua_State *L, const wick *w, int64_t rc);
/* The functions of the module, file by file. */
extern const luaL_Reg CONTEXT_FUNCTIONS[], VALUE_FUNCTIONS[], FEED_FUNCTIONS[], STAGE_FUNCTIONS[],
    TABLE_FUNCTIONS[];
#endif
