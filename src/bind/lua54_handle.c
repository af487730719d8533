/* SPDX-License-Identifier: Apache-2.0
 * Handles: made, counted, closed once, by hand or by the collector in any order. */
#include <string.h>

#include "lua54.h"

static void conf_end(void *p)    { wick_conf_free(p); }
static void context_end(void *p) { wick_close(p); }
static void feed_end(void *p)    { wick_feed_unref(p); }
static void decoder_end(void *p) { wick_decoder_close(p); }
static void check_end(void *p)   { wick_check_close(p); }
static void stage_end(void *p)   { wick_stage_close(p); }

const kind CONF = {"conf", "wick.conf", conf_end},
           CONTEXT = {"context", "wick.context", context_end},
           FEED = {"feed", "wick.feed", feed_end},
           DECODER = {"decoder", "wick.decoder", decoder_end},
           CHECK = {"check", "wick.check", check_end}, STAGE = {"stage", "wick.stage", stage_end};

/* Cells outlive whatever points to them: they are kept by the state and used again, counting on. */
cell *cell_new(lua_State *L)
{
    cell *c;

    luaL_getsubtable(L, LUA_REGISTRYINDEX, "wick.cells");
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "wick.cells.free");
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);

    if (n > 0) {
        lua_rawgeti(L, -1, n);
        c = lua_touserdata(L, -1);
        lua_pop(L, 1);
        lua_pushnil(L);
        lua_rawseti(L, -2, n);
    } else {
        c = lua_newuserdatauv(L, sizeof *c, 0);
        c->now = 1;
        lua_rawseti(L, -3, (lua_Integer)lua_rawlen(L, -3) + 1);
    }
    lua_pop(L, 2);
    return c;
}

static void cell_end(lua_State *L, cell *c)
{
    c->now++;
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "wick.cells.free");
    lua_pushlightuserdata(L, c);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
}

/* How many handles of a kind are open in this state. */
static void count(lua_State *L, const kind *k, int by)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "wick.live");
    lua_getfield(L, -1, k->name);
    lua_pushinteger(L, lua_tointeger(L, -1) + by);
    lua_setfield(L, -3, k->name);
    lua_pop(L, 2);
}

static void end(lua_State *L, const kind *k, handle *h)
{
    void *p = h->p;

    h->p = NULL;
    if (h->lent)
        cell_end(L, h->lent);
    h->lent = NULL;
    if (p) {
        count(L, k, -1);
        k->close(p);
    }
}

static const kind *kind_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static int collect(lua_State *L)
{
    end(L, kind_of(L), lua_touserdata(L, 1));
    return 0;
}

static int to_text(lua_State *L)
{
    const handle *h = lua_touserdata(L, 1);

    lua_pushfstring(L, "wick %s (%s)", kind_of(L)->name, h->p ? "open" : "closed");
    return 1;
}

static void metatable(lua_State *L, const kind *k)
{
    if (luaL_newmetatable(L, k->type)) {
        lua_pushlightuserdata(L, (void *)(uintptr_t)k);
        lua_pushcclosure(L, collect, 1);
        lua_setfield(L, -2, "__gc");
        lua_pushlightuserdata(L, (void *)(uintptr_t)k);
        lua_pushcclosure(L, to_text, 1);
        lua_setfield(L, -2, "__tostring");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
}

handle *handle_new(lua_State *L, const kind *k, wick *w)
{
    handle *h = lua_newuserdatauv(L, sizeof *h, 2);

    memset(h, 0, sizeof *h);
    h->w = w;
    metatable(L, k);
    lua_setmetatable(L, -2);
    return h;
}

void handle_open(lua_State *L, const kind *k, handle *h, void *p)
{
    h->p = p;
    count(L, k, 1);
}

int handle_close(lua_State *L, const kind *k)
{
    handle *h = luaL_testudata(L, 1, k->type);

    if (!h)
        return raise(L, "%s: argument 1: %s expected, got %s", lua_tostring(L, lua_upvalueindex(1)),
                     k->name, got(L, 1));
    end(L, k, h);
    lua_pushboolean(L, 1);
    return 1;
}

handle *handle_arg(lua_State *L, int i, const kind *k)
{
    handle *h = luaL_testudata(L, i, k->type);
    const char *name = lua_tostring(L, lua_upvalueindex(1));

    if (!h)
        raise(L, "%s: argument %d: %s expected, got %s", name, i, k->name, got(L, i));
    if (!h->p)
        raise(L, "%s: argument %d: this %s is closed", name, i, k->name);
    return h;
}

wick *context_arg(lua_State *L, int i)
{
    return handle_arg(L, i, &CONTEXT)->p;
}

wick_stage *stage_arg(lua_State *L, int i, wick **w)
{
    handle *h = handle_arg(L, i, &STAGE);

    if (w)
        *w = h->w;
    return h->p;
}
