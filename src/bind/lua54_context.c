/* SPDX-License-Identifier: Apache-2.0
 * Settings and contexts: opening, polling, timers, signals, markets. */
#include <limits.h>

#include "lua54.h"
#include "lua54_view.h"

static int conf_new(lua_State *L)
{
    handle *h = handle_new(L, &CONF, NULL);
    wick_conf *c = NULL;
    int rc = wick_conf_new(&c);

    if (rc < 0)
        return fail(L, "settings: no memory", rc);
    handle_open(L, &CONF, h, c);
    return 1;
}

static int conf_free(lua_State *L)
{
    return handle_close(L, &CONF);
}

static int conf_set(lua_State *L)
{
    wick_conf *c = handle_arg(L, 1, &CONF)->p;
    int rc = wick_conf_set(c, text_arg(L, 2), text_arg(L, 3));

    if (rc < 0)
        return fail(L, wick_conf_error(c), rc);
    lua_pushboolean(L, 1);
    return 1;
}

static int conf_get(lua_State *L)
{
    lua_pushstring(L, wick_conf_get(handle_arg(L, 1, &CONF)->p, text_arg(L, 2)));
    return 1;
}

static int conf_error(lua_State *L)
{
    lua_pushstring(L, wick_conf_error(handle_arg(L, 1, &CONF)->p));
    return 1;
}

static void set_text(lua_State *L, const char *name, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

static int conf_option(lua_State *L)
{
    wick_option o;

    if (wick_conf_option((int)int_arg(L, 1, 0, INT_MAX), &o) < 0)
        return 0;
    lua_createtable(L, 0, 5);
    set_text(L, "key", o.key);
    set_text(L, "kind", o.kind);
    set_text(L, "env", o.env);
    set_text(L, "default", o.dflt);
    set_text(L, "help", o.help);
    return 1;
}

static int context_open(lua_State *L)
{
    const wick_conf *c = lua_isnoneornil(L, 1) ? NULL : handle_arg(L, 1, &CONF)->p;
    handle *h = handle_new(L, &CONTEXT, NULL);
    wick *w = NULL;
    int rc;

    h->room = lua_newuserdatauv(L, EVENTS_MAX * sizeof(wick_event), 0);
    lua_setiuservalue(L, -2, 1);
    h->lent = cell_new(L);
    if ((rc = wick_open(c, &w)) < 0)
        return fail(L, "open: no memory, or no more files", rc);
    h->w = w;
    handle_open(L, &CONTEXT, h, w);
    return 1;
}

static int context_close(lua_State *L)
{
    return handle_close(L, &CONTEXT);
}

static int context_error(lua_State *L)
{
    lua_pushstring(L, wick_error(context_arg(L, 1)));
    return 1;
}

static int context_poll(lua_State *L)
{
    handle *h = handle_arg(L, 1, &CONTEXT);
    int max = (int)int_arg(L, 2, 1, EVENTS_MAX);
    int n;

    h->lent->now++;
    if ((n = wick_poll(h->p, h->room, max, (int)int_arg(L, 3, -1, INT_MAX))) < 0)
        return fail(L, wick_error(h->p), n);
    view_push(L, &EVENT, h->room, (uint32_t)n, h->lent);
    return 1;
}

static int context_fd(lua_State *L)
{
    lua_pushinteger(L, wick_fd(context_arg(L, 1)));
    return 1;
}

static int context_timeout(lua_State *L)
{
    lua_pushinteger(L, wick_timeout(context_arg(L, 1)));
    return 1;
}

static int context_now(lua_State *L)
{
    push_exact(L, wick_now_ns(context_arg(L, 1)));
    return 1;
}

static int context_timer(lua_State *L)
{
    wick *w = context_arg(L, 1);

    return answer(L, w, wick_timer(w, tag_arg(L, 2), int_arg(L, 3, 0, EXACT_MAX)));
}

static int context_timer_cancel(lua_State *L)
{
    wick *w = context_arg(L, 1);

    return answer(L, w, wick_timer_cancel(w, tag_arg(L, 2)));
}

static int context_signal(lua_State *L)
{
    wick *w = context_arg(L, 1);

    return answer(L, w, wick_signal(w, (int)int_arg(L, 2, 0, INT_MAX), tag_arg(L, 3)));
}

static int context_log(lua_State *L)
{
    wick *w = context_arg(L, 1);

    return answer(L, w, wick_log(w, (int)int_arg(L, 2, 0, 3), text_arg(L, 3)));
}

static int context_log_events(lua_State *L)
{
    wick *w = context_arg(L, 1);

    return answer(L, w, wick_log_events(w, (int)int_arg(L, 2, -1, 3)));
}

static int context_fault(lua_State *L)
{
    wick *w = context_arg(L, 1);

    return answer(L, w, wick_fault(w, text_arg(L, 2), int_arg(L, 3, 0, EXACT_MAX)));
}

static int market(lua_State *L)
{
    wick *w = context_arg(L, 1);
    size_t size;
    const char *name = bytes_arg(L, 2, &size);

    return answer_count(L, w, wick_market(w, name, size));
}

static int market_name(lua_State *L)
{
    lua_pushstring(L, wick_market_name(context_arg(L, 1), (uint32_t)int_arg(L, 2, 0, UINT32_MAX)));
    return 1;
}

static int market_symbol(lua_State *L)
{
    lua_pushstring(L,
                   wick_market_symbol(context_arg(L, 1), (uint32_t)int_arg(L, 2, 0, UINT32_MAX)));
    return 1;
}

static int market_set_symbol(lua_State *L)
{
    wick *w = context_arg(L, 1);
    uint32_t id = (uint32_t)int_arg(L, 2, 0, UINT32_MAX);
    size_t size;
    const char *symbol = bytes_arg(L, 3, &size);

    return answer(L, w, wick_market_set_symbol(w, id, symbol, size));
}

static int http_get(lua_State *L)
{
    wick *w = context_arg(L, 1);

    return answer(L, w, wick_http_get(w, text_arg(L, 2), text_opt(L, 3), tag_arg(L, 4)));
}

const luaL_Reg CONTEXT_FUNCTIONS[] = {
    {"conf_new", conf_new},
    {"conf_free", conf_free},
    {"conf_set", conf_set},
    {"conf_get", conf_get},
    {"conf_error", conf_error},
    {"conf_option", conf_option},
    {"open", context_open},
    {"close", context_close},
    {"error", context_error},
    {"poll", context_poll},
    {"fd", context_fd},
    {"timeout", context_timeout},
    {"now_ns", context_now},
    {"timer", context_timer},
    {"timer_cancel", context_timer_cancel},
    {"signal", context_signal},
    {"log", context_log},
    {"log_events", context_log_events},
    {"fault", context_fault},
    {"market", market},
    {"market_name", market_name},
    {"market_symbol", market_symbol},
    {"market_set_symbol", market_set_symbol},
    {"http_get", http_get},
    {NULL, NULL},
};
