/* SPDX-License-Identifier: Apache-2.0
 * Exact values: decimals, ids, intervals, times. Nanoseconds and mantissas are text on the Lua
 * side. */
#include <limits.h>
#include <stdio.h>

#include "lua54.h"
#include "lua54_view.h"

/* Text that a function wrote into out, as snprintf() counts. */
static int text_out(lua_State *L, const char *what, int n, const char *out, size_t size)
{
    if (n < 0)
        return fail(L, what, n);
    lua_pushlstring(L, out, (size_t)n < size ? (size_t)n : size - 1);
    return 1;
}

static int refuse(lua_State *L, const char *what, const char *text, int64_t rc)
{
    char why[160];

    snprintf(why, sizeof why, "%s: '%.100s'", what, text);
    return fail(L, why, rc);
}

static int dec_text(lua_State *L)
{
    int64_t hi = exact_arg(L, 1);
    uint64_t lo = exact_unsigned_arg(L, 2);
    char out[512];
    int n = wick_dec_text(hi, lo, (int)int_arg(L, 3, INT16_MIN, INT16_MAX), out, sizeof out);

    return text_out(L, "dec_text: too long", n < (int)sizeof out ? n : WICK_E_DATA, out,
                    sizeof out);
}

static int dec_parse(lua_State *L)
{
    size_t size;
    const char *text = bytes_arg(L, 1, &size);
    int64_t mantissa;
    int exp, rc = wick_dec_parse(text, size, &mantissa, &exp);

    if (rc < 0)
        return refuse(L, "not a decimal that fits", text, rc);
    push_exact(L, mantissa);
    lua_pushinteger(L, exp);
    return 2;
}

static int candle_text(lua_State *L)
{
    const view *v = view_arg(L, 1, &CANDLE);
    char out[128];
    int n = wick_candle_text(v->p, view_field(L, 2), out, sizeof out);

    return text_out(L, "candle_text: not a field of a candle", n, out, sizeof out);
}

static int tick_text(lua_State *L)
{
    const view *v = view_arg(L, 1, &TICK);
    char out[128];
    int n = wick_tick_text(v->p, view_field(L, 2), out, sizeof out);

    return text_out(L, "tick_text: not a field of a tick", n, out, sizeof out);
}

static int id_key(lua_State *L)
{
    size_t size;
    const char *id = bytes_arg(L, 1, &size);
    char out[24];

    snprintf(out, sizeof out, "%llu", (unsigned long long)wick_id_key(id, size));
    lua_pushstring(L, out);
    return 1;
}

static int interval(lua_State *L)
{
    size_t size;
    const char *text = bytes_arg(L, 1, &size);
    int64_t code = wick_interval(text, size);

    if (code < 0)
        return refuse(L, "not an interval", text, WICK_E_DATA);
    lua_pushinteger(L, code);
    return 1;
}

static uint32_t code_arg(lua_State *L, int i)
{
    return (uint32_t)int_arg(L, i, 0, UINT32_MAX);
}

static int interval_text(lua_State *L)
{
    char out[32];
    int n = wick_interval_text(code_arg(L, 1), out, sizeof out);

    return text_out(L, "interval_text: not the code of an interval", n, out, sizeof out);
}

static int bucket(lua_State *L)
{
    push_exact(L, wick_bucket(code_arg(L, 1), exact_arg(L, 2)));
    return 1;
}

static int bucket_end(lua_State *L)
{
    push_exact(L, wick_bucket_end(code_arg(L, 1), exact_arg(L, 2)));
    return 1;
}

static int interval_divides(lua_State *L)
{
    lua_pushboolean(L, wick_interval_divides(code_arg(L, 1), code_arg(L, 2)) > 0);
    return 1;
}

static int time_parse(lua_State *L)
{
    size_t size;
    const char *text = bytes_arg(L, 1, &size);
    int64_t ns;
    int rc = wick_time_parse(text, size, &ns);

    if (rc < 0)
        return refuse(L, "not a time", text, rc);
    push_exact(L, ns);
    return 1;
}

static int time_text(lua_State *L)
{
    char out[64];
    int n = wick_time_text(exact_arg(L, 1), out, sizeof out);

    return text_out(L, "time_text: no such time", n, out, sizeof out);
}

const luaL_Reg VALUE_FUNCTIONS[] = {
    {"dec_text", dec_text},
    {"dec_parse", dec_parse},
    {"candle_text", candle_text},
    {"tick_text", tick_text},
    {"id_key", id_key},
    {"interval", interval},
    {"interval_text", interval_text},
    {"bucket", bucket},
    {"bucket_end", bucket_end},
    {"interval_divides", interval_divides},
    {"time_parse", time_parse},
    {"time_text", time_text},
    {NULL, NULL},
};
