/* SPDX-License-Identifier: Apache-2.0
 * Reading one field of a POD for Lua. Numbers are for looking; what must be exact is text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua54_pod.h"

static const char *const METHODS[] = {
    [WICK_METHOD_TRADES] = "trades", [WICK_METHOD_VENDOR] = "vendor",
    [WICK_METHOD_INDEX] = "index",   [WICK_METHOD_MIXED] = "mixed",
};
static const char *const MARKS[] = {
    [WICK_MARK_OPEN] = "open",   [WICK_MARK_ALIVE] = "alive",   [WICK_MARK_GAP] = "gap",
    [WICK_MARK_CLOSE] = "close", [WICK_MARK_SOURCE] = "source", [WICK_MARK_PLACE] = "place",
};
static const char *const EVENTS[] = {
    [WICK_EV_TIMER] = "timer",       [WICK_EV_OPENED] = "opened",   [WICK_EV_CLOSED] = "closed",
    [WICK_EV_MESSAGE] = "message",   [WICK_EV_BATCH] = "batch",     [WICK_EV_CANDLES] = "candles",
    [WICK_EV_COMMITTED] = "committed", [WICK_EV_FULL] = "full",     [WICK_EV_READY] = "ready",
    [WICK_EV_END] = "end",           [WICK_EV_REQUEST] = "request", [WICK_EV_REPLY] = "reply",
    [WICK_EV_DONE] = "done",         [WICK_EV_REFUSED] = "refused", [WICK_EV_ROWS] = "rows",
    [WICK_EV_DRAINED] = "drained",   [WICK_EV_SIGNAL] = "signal",
    [WICK_EV_LOG] = "log",
};
#define NAME(list, i) ((i) < sizeof(list) / sizeof *(list) && (list)[i] ? (list)[i] : "?")

#define READ(type, name)                                                  \
    static type name(const void *p, size_t at)                            \
    {                                                                     \
        type v;                                                           \
        memcpy(&v, (const char *)p + at, sizeof v);                       \
        return v;                                                         \
    }
READ(uint16_t, u16)
READ(int16_t, i16)
READ(uint32_t, u32)
READ(int32_t, i32)
READ(int64_t, i64)
READ(uint64_t, u64)
READ(int8_t, i8)
READ(const char *, text)

/* m * 10^exp as one division or product by a power that is exact up to 22: the same double on
 * both VMs. */
static double scaled(double m, int exp)
{
    static const double POW[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int step = sizeof POW / sizeof *POW - 1;

    for (; exp < -step; exp += step)
        m /= POW[step];
    for (; exp > step; exp -= step)
        m *= POW[step];
    return exp < 0 ? m / POW[-exp] : m * POW[exp];
}

static double wide(const void *p, size_t lo)
{
    return (double)i64(p, lo + 8) * 18446744073709551616.0 + (double)u64(p, lo);
}

static lua_Integer whole_ms(int64_t ns)
{
    return ns / 1000000 - (ns % 1000000 < 0);
}

static void push_unsigned(lua_State *L, const char *form, uint64_t v)
{
    char out[24];

    snprintf(out, sizeof out, form, (unsigned long long)v);
    lua_pushstring(L, out);
}

static void push_text(lua_State *L, const char *t)
{
    lua_pushstring(L, t ? t : "");
}

static void push_id(lua_State *L, const view *v, const wick_tick *t)
{
    if (t->id_len && v->bytes && (uint64_t)t->id_at + t->id_len <= v->byte_count)
        lua_pushlstring(L, (const char *)v->bytes + t->id_at, t->id_len);
    else
        lua_pushliteral(L, "");
}

static const char *side(const wick_tick *t)
{
    return t->flags & WICK_TICK_BUY ? "buy" : t->flags & WICK_TICK_SELL ? "sell" : "";
}

static void push_ticks(lua_State *L, const view *v)
{
    const wick_batch *b = v->p;

    view_push(L, &TICK, b->ticks, b->tick_count, v->lent);
    view *ticks = lua_touserdata(L, -1);
    ticks->at = v->at;
    ticks->bytes = b->bytes;
    ticks->byte_count = b->byte_count;
}

static void push_lent(lua_State *L, const view *v, const pod *type, const void *p, uint32_t n)
{
    view_push(L, type, p, n, v->lent);
    ((view *)lua_touserdata(L, -1))->at = v->at;
}

static const pod *carried(uint32_t code)
{
    return code == WICK_EV_BATCH ? &BATCH : code == WICK_EV_MESSAGE ? &CONTROL
         : code == WICK_EV_REQUEST ? &REQUEST : &REPLY;
}

/* What an event carries; nil where it is of another kind. */
static void push_carried(lua_State *L, const view *v, const field *f)
{
    const wick_event *ev = v->p;
    int candles = ev->kind == WICK_EV_CANDLES || ev->kind == WICK_EV_COMMITTED;

    if (f->how == F_EVENT_TEXT && ev->data && ev->stride <= 1)
        lua_pushlstring(L, ev->data, ev->count);
    else if (f->how == F_EVENT_CANDLES && candles)
        push_lent(L, v, &CANDLE, ev->data, ev->data ? ev->count : 0);
    else if (f->how == F_EVENT_REFUSALS && ev->kind == WICK_EV_REFUSED &&
             ev->stride == sizeof(wick_refusal))
        push_lent(L, v, &REFUSAL, ev->data, ev->count);
    else if (f->how == F_EVENT_ONE && ev->kind == f->more && ev->data && ev->stride > 1)
        one_push(L, carried(ev->kind), ev->data, v);
    else
        lua_pushnil(L);
}

static void push_batch_part(lua_State *L, const view *v, const field *f)
{
    const wick_batch *b = v->p;

    if (f->how == F_TICKS)
        push_ticks(L, v);
    else
        push_lent(L, v, &MARK, b->marks, b->mark_count);
}

static void push_number(lua_State *L, const void *p, const field *f)
{
    switch (f->how) {
    case F_U16: lua_pushinteger(L, u16(p, f->at)); break;
    case F_U32: lua_pushinteger(L, u32(p, f->at)); break;
    case F_I32: lua_pushinteger(L, i32(p, f->at)); break;
    case F_COUNT: lua_pushinteger(L, i64(p, f->at)); break;
    case F_MS: lua_pushinteger(L, whole_ms(i64(p, f->at))); break;
    case F_DEC: lua_pushnumber(L, scaled((double)i64(p, f->at), i8(p, f->more))); break;
    default: lua_pushnumber(L, scaled(wide(p, f->at), i16(p, f->more))); break;
    }
}

void field_push(lua_State *L, const view *v, const field *f)
{
    const void *p = v->p;

    switch (f->how) {
    case F_I64: push_exact(L, i64(p, f->at)); break;
    case F_U64: push_unsigned(L, "%llu", u64(p, f->at)); break;
    case F_HEX: push_unsigned(L, "%016llx", u64(p, f->at)); break;
    case F_FLAG: lua_pushboolean(L, (u32(p, f->at) & f->more) != 0); break;
    case F_MARKET:
        if (u32(p, f->at) == WICK_NO_MARKET)
            lua_pushnil(L);
        else
            lua_pushinteger(L, u32(p, f->at));
        break;
    case F_TEXT: push_text(L, text(p, f->at)); break;
    case F_BYTES: lua_pushlstring(L, text(p, f->at) ? text(p, f->at) : "", u32(p, f->more)); break;
    case F_ID: push_id(L, v, p); break;
    case F_SIDE: lua_pushstring(L, side(p)); break;
    case F_METHOD: lua_pushstring(L, NAME(METHODS, u32(p, f->at))); break;
    case F_MARK_NAME: lua_pushstring(L, NAME(MARKS, u32(p, f->at))); break;
    case F_EVENT_NAME: lua_pushstring(L, NAME(EVENTS, u32(p, f->at))); break;
    case F_TICKS:
    case F_MARKS: push_batch_part(L, v, f); break;
    case F_EVENT_TEXT:
    case F_EVENT_CANDLES:
    case F_EVENT_REFUSALS:
    case F_EVENT_ONE: push_carried(L, v, f); break;
    default: push_number(L, p, f); break;
    }
}
