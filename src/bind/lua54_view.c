/* SPDX-License-Identifier: Apache-2.0
 * Views and elements as Lua sees them: #v, v[i], v:each(), v:copy(); e.field, e:text "close",
 * e:copy(). What was lent is asked for its age at every touch, so that a late reader gets an
 * error and never old memory. */
#include <string.h>

#include "lua54_pod.h"

#define VIEW "wick.view"
static const char VIEWS;                 /* its address is the key of their metatable */

static void check(lua_State *L, const view *v)
{
    if (v->lent && v->lent->now != v->at)
        raise(L, "this %s was lent until the next poll, which is over: copy() keeps it",
              v->type->name + 5);
}

/* meta: what the metatable stands under in the registry; by address, because this is done a
 * tick. */
static view *push(lua_State *L, const pod *type, size_t extra, const void *meta)
{
    view *v = lua_newuserdatauv(L, sizeof *v + extra, 0);

    memset(v, 0, sizeof *v);
    v->type = type;
    if (extra)
        v->p = v + 1;
    lua_rawgetp(L, LUA_REGISTRYINDEX, meta);
    lua_setmetatable(L, -2);
    return v;
}

void view_push(lua_State *L, const pod *type, const void *p, uint32_t n, const cell *lent)
{
    view *v = push(L, type, 0, &VIEWS);

    v->p = p;
    v->count = n;
    v->lent = lent;
    v->at = lent->now;
}

void one_push(lua_State *L, const pod *type, const void *p, const view *from)
{
    view *v = push(L, type, 0, type);

    v->p = p;
    v->count = 1;
    v->bytes = from->bytes;
    v->byte_count = from->byte_count;
    v->lent = from->lent;
    v->at = from->at;
}

/* A copy of `count` elements from p on, with the ids that they speak of. */
static void own(lua_State *L, const view *from, const void *p, uint32_t count, const void *meta)
{
    size_t size = count * from->type->size;
    view *v = push(L, from->type, size + from->byte_count, meta);
    uint8_t *bytes = (uint8_t *)(v + 1) + size;

    if (size)
        memcpy(v + 1, p, size);
    if (from->byte_count)
        memcpy(bytes, from->bytes, from->byte_count);
    v->count = count;
    v->bytes = bytes;
    v->byte_count = from->byte_count;
}

/* One element that stands alone: of a tick's bytes only its own id. */
static void own_one(lua_State *L, const view *from, const void *p)
{
    view only = *from;
    wick_tick t;

    if (from->type != &TICK) {
        own(L, from, p, 1, from->type);
        return;
    }
    memcpy(&t, p, sizeof t);
    if ((uint64_t)t.id_at + t.id_len > from->byte_count)
        t.id_len = 0;
    only.bytes = t.id_len ? from->bytes + t.id_at : from->bytes;
    only.byte_count = t.id_len;
    t.id_at = 0;
    own(L, &only, &t, 1, from->type);
}

static view *self(lua_State *L, const char *meta)
{
    view *v = luaL_checkudata(L, 1, meta);

    check(L, v);
    return v;
}

static void owns(lua_State *L, const view *v)
{
    if (v->type != &TICK && v->type != &CANDLE && v->type != &MARK)
        raise(L, "copy: a %s points to what was lent; copy what it holds", v->type->name + 5);
}

static int view_len(lua_State *L)
{
    lua_pushinteger(L, ((view *)luaL_checkudata(L, 1, VIEW))->count);
    return 1;
}

static int view_copy(lua_State *L)
{
    const view *v = self(L, VIEW);

    owns(L, v);
    own(L, v, v->p, v->count, &VIEWS);
    return 1;
}

static void push_element(lua_State *L, const view *v, lua_Integer i)
{
    const char *p = v->p;

    if (i < 1 || i > v->count)
        lua_pushnil(L);
    else if (v->lent)
        one_push(L, v->type, p + (size_t)(i - 1) * v->type->size, v);
    else
        own_one(L, v, p + (size_t)(i - 1) * v->type->size);
}

static int next_element(lua_State *L)
{
    const view *v = self(L, VIEW);
    lua_Integer i = lua_tointeger(L, 2) + 1;

    if (i > v->count)
        return 0;
    lua_pushinteger(L, i);
    push_element(L, v, i);
    return 2;
}

static int view_each(lua_State *L)
{
    self(L, VIEW);
    lua_pushcfunction(L, next_element);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

/* Comes from the metatable alone, which scripts do not get: argument 1 is a view. */
static int view_index(lua_State *L)
{
    const view *v = lua_touserdata(L, 1);

    check(L, v);
    if (lua_type(L, 2) == LUA_TNUMBER) {
        push_element(L, v,
                     lua_isinteger(L, 2) ? lua_tointeger(L, 2) : (lua_Integer)lua_tonumber(L, 2));
        return 1;
    }
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));         /* its methods */
    return 1;
}

static view *element(lua_State *L)
{
    view *v = lua_touserdata(L, 1);

    if (!v || lua_rawlen(L, 1) < sizeof *v || !lua_getmetatable(L, 1))
        luaL_typeerror(L, 1, "element");
    lua_rawgetp(L, LUA_REGISTRYINDEX, v->type);
    if (!lua_rawequal(L, -1, -2))
        luaL_typeerror(L, 1, "element");
    lua_pop(L, 2);
    check(L, v);
    return v;
}

static int one_copy(lua_State *L)
{
    const view *v = element(L);

    owns(L, v);
    own_one(L, v, v->p);
    return 1;
}

static int one_index(lua_State *L)
{
    const view *v = lua_touserdata(L, 1);

    check(L, v);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TLIGHTUSERDATA)
        field_push(L, v, lua_touserdata(L, -1));
    return 1;
}

static int text_field(lua_State *L, const char *name)
{
    static const struct { const char *name; int field;
    } FIELDS[] = {
        {"time", WICK_F_TIME},   {"open", WICK_F_OPEN},   {"high", WICK_F_HIGH},
        {"low", WICK_F_LOW},     {"close", WICK_F_CLOSE}, {"volume", WICK_F_VOLUME},
        {"quote", WICK_F_QUOTE}, {"buy", WICK_F_BUY},     {"sell", WICK_F_SELL},
        {"vwap", WICK_F_VWAP},   {"price", WICK_F_PRICE}, {"qty", WICK_F_QTY},
    };

    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
        if (strcmp(FIELDS[i].name, name) == 0)
            return FIELDS[i].field;
    return raise(L, "text: no field '%s'", name);
}

int view_field(lua_State *L, int i)
{
    return text_field(L, text_arg(L, i));
}

/* candle:text "close", tick:text "price" */
static int one_text(lua_State *L)
{
    const view *v = element(L);
    int which = view_field(L, 2), n = -1;
    char out[128];

    if (v->type == &CANDLE)
        n = wick_candle_text(v->p, which, out, sizeof out);
    else if (v->type == &TICK)
        n = wick_tick_text(v->p, which, out, sizeof out);
    if (n < 0 || n >= (int)sizeof out)
        return raise(L, "text: a %s has no '%s'", v->type->name + 5, lua_tostring(L, 2));
    lua_pushlstring(L, out, (size_t)n);
    return 1;
}

view *view_arg(lua_State *L, int i, const pod *type)
{
    view *v = luaL_testudata(L, i, VIEW);

    if (!v)
        v = luaL_testudata(L, i, type->name);
    if (!v || v->type != type)
        raise(L, "%s: argument %d: %ss expected, got %s", lua_tostring(L, lua_upvalueindex(1)), i,
              type->name + 5, got(L, i));
    check(L, v);
    return v;
}

static void named(lua_State *L, const char *name, lua_CFunction fn)
{
    lua_pushstring(L, name);
    lua_pushcclosure(L, fn, 1);
    lua_setfield(L, -2, name);
}

static void setup_pod(lua_State *L, const pod *type)
{
    luaL_newmetatable(L, type->name);
    lua_newtable(L);
    for (const field *f = type->fields; f->name; f++) {
        lua_pushlightuserdata(L, (void *)(uintptr_t)f);
        lua_setfield(L, -2, f->name);
    }
    if (type == &TICK || type == &CANDLE)
        named(L, "text", one_text);
    named(L, "copy", one_copy);
    lua_pushcclosure(L, one_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, type);
}

void view_setup(lua_State *L)
{
    for (const pod *const *type = PODS; *type; type++)
        setup_pod(L, *type);
    luaL_newmetatable(L, VIEW);
    lua_newtable(L);
    named(L, "each", view_each);
    named(L, "copy", view_copy);
    lua_pushcclosure(L, view_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, view_len);
    lua_setfield(L, -2, "__len");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &VIEWS);
}
