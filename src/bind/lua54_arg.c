/* SPDX-License-Identifier: Apache-2.0
 * Arguments in, results and errors out: one rule for the whole module. Every function of the
 * module carries its name as upvalue 1. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua54.h"

/* Lua files of the library itself: an error is the line's that called them. */
static int ours(const char *source)
{
    static const char *const FILES[] = {"wick/api.lua", "wick/stage.lua", "wick/task.lua"};
    size_t size = strlen(source);

    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        size_t n = strlen(FILES[i]);

        if (size >= n && strcmp(source + size - n, FILES[i]) == 0)
            return 1;
    }
    return 0;
}

static void push_where(lua_State *L)
{
    lua_Debug at;

    for (int level = 1; lua_getstack(L, level, &at); level++) {
        lua_getinfo(L, "Sl", &at);
        if (at.currentline > 0 && !ours(at.source)) {
            lua_pushfstring(L, "%s:%d: ", at.short_src, at.currentline);
            return;
        }
    }
    lua_pushliteral(L, "");
}

int raise(lua_State *L, const char *fmt, ...)
{
    char text[1100];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    push_where(L);
    lua_pushstring(L, text);
    lua_concat(L, 2);
    return lua_error(L);
}

static const char *name(lua_State *L)
{
    const char *text = lua_tostring(L, lua_upvalueindex(1));

    return text ? text : "?";
}

const char *got(lua_State *L, int i)
{
    return lua_isnoneornil(L, i) ? "no value" : luaL_typename(L, i);
}

static int wrong(lua_State *L, int i, const char *want)
{
    return raise(L, "%s: argument %d: %s expected, got %s", name(L), i, want, got(L, i));
}

const char *bytes_arg(lua_State *L, int i, size_t *size)
{
    if (lua_type(L, i) != LUA_TSTRING)
        wrong(L, i, "text");
    return lua_tolstring(L, i, size);
}

const char *bytes_opt(lua_State *L, int i, size_t *size)
{
    *size = 0;
    return lua_isnoneornil(L, i) ? NULL : bytes_arg(L, i, size);
}

const char *text_arg(lua_State *L, int i)
{
    size_t size;
    const char *text = bytes_arg(L, i, &size);

    if (strlen(text) != size)
        raise(L, "%s: argument %d: text without zero bytes expected", name(L), i);
    return text;
}

const char *text_opt(lua_State *L, int i)
{
    return lua_isnoneornil(L, i) ? NULL : text_arg(L, i);
}

int64_t int_arg(lua_State *L, int i, int64_t least, int64_t most)
{
    int whole = 0;
    lua_Integer v = lua_type(L, i) == LUA_TNUMBER ? lua_tointegerx(L, i, &whole) : 0;

    if (!whole || v < least || v > most)
        raise(L, "%s: argument %d: a whole number from %lld to %lld expected, got %s", name(L), i,
              (long long)least, (long long)most,
              lua_type(L, i) == LUA_TNUMBER ? "another number" : got(L, i));
    return v;
}

uint32_t tag_arg(lua_State *L, int i)
{
    return lua_isnoneornil(L, i) ? 0 : (uint32_t)int_arg(L, i, 0, UINT32_MAX);
}

/* All of a text must be one: digits, a minus in front where it may be negative. */
static const char *exact_text(lua_State *L, int i, int minus)
{
    size_t size = 0;
    const char *text = lua_type(L, i) == LUA_TSTRING ? lua_tolstring(L, i, &size) : "";
    const char *digits = text + (minus && *text == '-');

    if (!*digits || strspn(digits, "0123456789") != size - (size_t)(digits - text))
        wrong(L, i, "an exact integer as text");
    errno = 0;
    return text;
}

static uint64_t in_range(lua_State *L, int i, uint64_t v)
{
    if (errno == ERANGE)
        raise(L, "%s: argument %d: more than 64 bits", name(L), i);
    return v;
}

int64_t exact_arg(lua_State *L, int i)
{
    if (lua_type(L, i) == LUA_TNUMBER)
        return int_arg(L, i, -EXACT_MAX, EXACT_MAX);
    return (int64_t)in_range(L, i, (uint64_t)strtoll(exact_text(L, i, 1), NULL, 10));
}

uint64_t exact_unsigned_arg(lua_State *L, int i)
{
    if (lua_type(L, i) == LUA_TNUMBER)
        return (uint64_t)int_arg(L, i, 0, EXACT_MAX);
    return in_range(L, i, strtoull(exact_text(L, i, 0), NULL, 10));
}

void push_exact(lua_State *L, int64_t v)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)v);
    lua_pushstring(L, text);
}

int fail(lua_State *L, const char *why, int64_t rc)
{
    if (rc == WICK_E_ARG)
        return raise(L, "%s", why && *why ? why : name(L));
    lua_pushnil(L);
    lua_pushstring(L, why && *why ? why : name(L));
    lua_pushinteger(L, rc);
    return 3;
}

int answer_count(lua_State *L, const wick *w, int64_t rc)
{
    if (rc < 0)
        return fail(L, wick_error(w), rc);
    lua_pushinteger(L, rc);
    return 1;
}

int answer(lua_State *L, const wick *w, int64_t rc)
{
    if (rc != 0)
        return answer_count(L, w, rc);
    lua_pushboolean(L, 1);
    return 1;
}
