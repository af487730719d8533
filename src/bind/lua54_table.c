/* SPDX-License-Identifier: Apache-2.0
 * Stores, caches and servers: asking for candles and rows, candles as text, answers to requests. */
#include "lua54.h"
#include "lua54_view.h"

static int has(lua_State *L, int i, const char *name)
{
    int set;

    lua_getfield(L, i, name);
    set = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return set;
}

/* NAME_ns as text, or NAME_ms as a number, or what stands for open. */
static int64_t time_field(lua_State *L, int i, const char *ns, const char *ms, int64_t open)
{
    int64_t v = open;

    if (lua_getfield(L, i, ns) != LUA_TNIL)
        v = exact_arg(L, lua_gettop(L));
    else if (lua_getfield(L, i, ms) != LUA_TNIL)
        v = int_arg(L, lua_gettop(L), INT64_MIN / 1000000, INT64_MAX / 1000000) * 1000000;
    return v;
}

static uint32_t u32_field(lua_State *L, int i, const char *name, uint32_t absent)
{
    uint32_t v = absent;

    if (lua_getfield(L, i, name) != LUA_TNIL)
        v = (uint32_t)int_arg(L, lua_gettop(L), 0, UINT32_MAX);
    lua_pop(L, 1);
    return v;
}

static wick_query query_arg(lua_State *L, int i)
{
    int top = lua_gettop(L);
    wick_query q = {0};

    if (lua_type(L, i) != LUA_TTABLE)
        raise(L, "%s: argument %d: a query expected, got %s", lua_tostring(L, lua_upvalueindex(1)),
              i, got(L, i));
    q.start_ns = time_field(L, i, "start_ns", "start_ms", INT64_MIN);
    q.end_ns = time_field(L, i, "end_ns", "end_ms", INT64_MAX);
    lua_settop(L, top);
    q.market = u32_field(L, i, "market", WICK_NO_MARKET);
    q.interval = u32_field(L, i, "interval", 0);
    q.limit = u32_field(L, i, "limit", 0);
    q.flags = (has(L, i, "partial") ? (uint32_t)WICK_Q_PARTIAL : 0) |
              (has(L, i, "desc") ? (uint32_t)WICK_Q_DESC : 0) |
              (has(L, i, "prev") ? (uint32_t)WICK_Q_PREV : 0);
    return q;
}

static int store_query(lua_State *L)
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);
    wick_query q = query_arg(L, 2);

    return answer(L, w, wick_store_query(s, &q, tag_arg(L, 3)));
}

static int store_rows(lua_State *L)
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);

    return answer(L, w, wick_store_rows(s, text_arg(L, 2), tag_arg(L, 3)));
}

static int store_migrate(lua_State *L)
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);

    return answer(L, w, wick_store_migrate(s, text_arg(L, 2), tag_arg(L, 3)));
}

static int cache_query(lua_State *L)
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);
    wick_query q = query_arg(L, 2);

    return answer_count(L, w, wick_cache_query(s, &q, tag_arg(L, 3)));
}

static int cache_put(lua_State *L)
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);
    wick_query q = query_arg(L, 2);
    uint64_t generation = exact_unsigned_arg(L, 3);
    const view *v = view_arg(L, 4, &CANDLE);

    return answer(L, w, wick_cache_put(s, &q, generation, v->p, v->count));
}

static int cache_generation(lua_State *L)
{
    push_exact(L, (int64_t)wick_cache_generation(stage_arg(L, 1, NULL)));
    return 1;
}

static int candles_text(lua_State *L)
{
    wick *w = context_arg(L, 1);
    const view *v = view_arg(L, 2, &CANDLE);
    int format = (int)int_arg(L, 3, WICK_FMT_CSV, WICK_FMT_JSON_COLUMNS);
    int flags = (int)int_arg(L, 4, 0, UINT16_MAX);
    const char *out = NULL;
    int64_t n = wick_candles_text(w, v->p, v->count, format, flags, text_opt(L, 5), &out);

    if (n < 0)
        return fail(L, wick_error(w), n);
    lua_pushlstring(L, out ? out : "", (size_t)n);
    return 1;
}

static int serve(lua_State *L)
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);
    uint64_t request = exact_unsigned_arg(L, 2);
    int status = (int)int_arg(L, 3, 100, 599);
    const char *headers = text_opt(L, 4);
    size_t size;
    const char *body = bytes_opt(L, 5, &size);

    return answer(L, w, wick_serve(s, request, status, headers, body, size));
}

static int serve_upgrade(lua_State *L)
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);
    uint64_t request = exact_unsigned_arg(L, 2);

    return answer(L, w, wick_serve_upgrade(s, request, stage_arg(L, 3, NULL)));
}

static int sim_rest(lua_State *L)
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);
    const char *out = NULL;
    int status = 0;
    int64_t n = wick_sim_rest(s, text_arg(L, 2), text_opt(L, 3), &status, &out);

    if (n < 0)
        return fail(L, wick_error(w), n);
    lua_pushlstring(L, out ? out : "", (size_t)n);
    lua_pushinteger(L, status);
    return 2;
}

const luaL_Reg TABLE_FUNCTIONS[] = {
    {"store_query", store_query},
    {"store_rows", store_rows},
    {"store_migrate", store_migrate},
    {"cache_query", cache_query},
    {"cache_put", cache_put},
    {"cache_generation", cache_generation},
    {"candles_text", candles_text},
    {"serve", serve},
    {"serve_upgrade", serve_upgrade},
    {"sim_rest", sim_rest},
    {NULL, NULL},
};
