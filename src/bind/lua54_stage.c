/* SPDX-License-Identifier: Apache-2.0
 * Stages: opening each kind, linking, holding, counting, and what a source is told. */
#include <limits.h>
#include <stdio.h>

#include "lua54.h"

static int opened(lua_State *L, handle *h, wick_stage *s, int rc)
{
    if (rc < 0)
        return fail(L, wick_error(h->w), rc);
    handle_open(L, &STAGE, h, s);
    return 1;
}

static int source_open(lua_State *L)
{
    wick *w = context_arg(L, 1);
    wick_feed *f = lua_isnil(L, 2) ? NULL : handle_arg(L, 2, &FEED)->p;
    const char *url = text_arg(L, 3), *options = text_opt(L, 4);
    uint32_t tag = tag_arg(L, 5);
    handle *h = handle_new(L, &STAGE, w);
    wick_stage *s = NULL;
    int rc = wick_source_open(w, f, url, options, tag, &s);

    return opened(L, h, s, rc);
}

/* The stages that open by a text and a tag alone. */
static int open_by(lua_State *L, int (*open)(wick *, const char *, uint32_t, wick_stage **))
{
    wick *w = context_arg(L, 1);
    const char *text = text_opt(L, 2);
    uint32_t tag = tag_arg(L, 3);
    handle *h = handle_new(L, &STAGE, w);
    wick_stage *s = NULL;
    int rc = open(w, text, tag, &s);

    return opened(L, h, s, rc);
}

static int bus_open(lua_State *L)   { return open_by(L, wick_bus_open); }
static int agg_open(lua_State *L)   { return open_by(L, wick_agg_open); }
static int store_open(lua_State *L) { return open_by(L, wick_store_open); }
static int cache_open(lua_State *L) { return open_by(L, wick_cache_open); }
static int sim_open(lua_State *L)   { return open_by(L, wick_sim_open); }

static int bus_last_ms(lua_State *L)
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);

    return answer_count(L, w, wick_bus_last_ms(s, text_arg(L, 2)));
}

static int server_open(lua_State *L)
{
    wick *w = context_arg(L, 1);
    const char *bind = text_arg(L, 2);
    int port = (int)int_arg(L, 3, 0, UINT16_MAX);
    uint32_t tag = tag_arg(L, 4);
    handle *h = handle_new(L, &STAGE, w);
    wick_stage *s = NULL;
    int rc = wick_server_open(w, bind, port, tag, &s);

    return opened(L, h, s, rc);
}

static int stage_close(lua_State *L)
{
    return handle_close(L, &STAGE);
}

static int stage_link(lua_State *L)
{
    wick *w = context_arg(L, 1);
    wick_stage *from = stage_arg(L, 2, NULL);
    wick_stage *to = lua_isnoneornil(L, 3) ? NULL : stage_arg(L, 3, NULL);

    return answer(L, w, wick_link(w, from, to));
}

/* A function of a stage alone. */
static int tell(lua_State *L, int (*fn)(wick_stage *))
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);

    return answer(L, w, fn(s));
}

static int stage_hold(lua_State *L)    { return tell(L, wick_stage_hold); }
static int stage_flow(lua_State *L)    { return tell(L, wick_stage_flow); }
static int source_reopen(lua_State *L) { return tell(L, wick_source_reopen); }

/* A function of a stage that ends as an event with a tag. */
static int ask(lua_State *L, int (*fn)(wick_stage *, uint32_t))
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);

    return answer(L, w, fn(s, tag_arg(L, 2)));
}

static int stage_drain(lua_State *L) { return ask(L, wick_stage_drain); }
static int agg_finish(lua_State *L)  { return ask(L, wick_agg_finish); }
static int sim_truth(lua_State *L)   { return ask(L, wick_sim_truth); }

/* A function of a source that takes bytes. */
static int say(lua_State *L, int (*fn)(wick_stage *, const char *, size_t))
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);
    size_t size;
    const char *text = bytes_arg(L, 2, &size);

    return answer(L, w, fn(s, text, size));
}

static int send_text(wick_stage *s, const char *text, size_t size)
{
    return wick_source_send(s, text, size);
}

static int source_send(lua_State *L)         { return say(L, send_text); }
static int source_subscribed(lua_State *L)   { return say(L, wick_source_subscribed); }
static int source_unsubscribed(lua_State *L) { return say(L, wick_source_unsubscribed); }

static int source_timer(lua_State *L)
{
    wick *w;
    wick_stage *s = stage_arg(L, 1, &w);

    return answer(L, w, wick_source_timer(s, tag_arg(L, 2), int_arg(L, 3, 0, EXACT_MAX)));
}

static int source_now(lua_State *L)
{
    push_exact(L, wick_source_now_ns(stage_arg(L, 1, NULL)));
    return 1;
}

static int stage_id(lua_State *L)
{
    lua_pushinteger(L, wick_stage_id(stage_arg(L, 1, NULL)));
    return 1;
}

static int stage_stat(lua_State *L)
{
    lua_pushinteger(L, wick_stage_stat(stage_arg(L, 1, NULL), text_arg(L, 2)));
    return 1;
}

static int stage_stat_name(lua_State *L)
{
    lua_pushstring(L, wick_stage_stat_name(stage_arg(L, 1, NULL), (int)int_arg(L, 2, 0, INT_MAX)));
    return 1;
}

const luaL_Reg STAGE_FUNCTIONS[] = {
    {"source_open", source_open},
    {"bus_open", bus_open},
    {"bus_last_ms", bus_last_ms},
    {"agg_open", agg_open},
    {"store_open", store_open},
    {"cache_open", cache_open},
    {"sim_open", sim_open},
    {"server_open", server_open},
    {"link", stage_link},
    {"stage_close", stage_close},
    {"stage_hold", stage_hold},
    {"stage_flow", stage_flow},
    {"stage_drain", stage_drain},
    {"stage_id", stage_id},
    {"stage_stat", stage_stat},
    {"stage_stat_name", stage_stat_name},
    {"source_send", source_send},
    {"source_subscribed", source_subscribed},
    {"source_unsubscribed", source_unsubscribed},
    {"source_timer", source_timer},
    {"source_now_ns", source_now},
    {"source_reopen", source_reopen},
    {"agg_finish", agg_finish},
    {"sim_truth", sim_truth},
    {NULL, NULL},
};
