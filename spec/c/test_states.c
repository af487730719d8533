/* SPDX-License-Identifier: Apache-2.0
 * The Lua module in several states of one process: contexts in them never meet, and closing a state
 * ends what it held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>

#include "wick.h"

int luaopen_wick_core(lua_State *L);

static lua_State *state(void)
{
    lua_State *L = luaL_newstate();

    assert_non_null(L);
    luaL_openlibs(L);
    luaL_requiref(L, "core", luaopen_wick_core, 1);
    lua_settop(L, 0);
    return L;
}

static void run(lua_State *L, const char *code)
{
    if (luaL_dostring(L, code) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
}

static void contexts_in_two_states_never_meet(void **unused)
{
    lua_State *a = state(), *b = state();

    (void)unused;
    run(a, "w = core.open(); assert(core.market(w, 'Kraken:BTC-EUR') == 0)");
    run(b, "w = core.open(); assert(core.market(w, 'Coinbase:BTC-USD') == 0)");
    run(a, "core.timer(w, 7, 0); assert(core.poll(w, 9, 1000)[1].tag == 7)");
    run(b, "assert(#core.poll(w, 9, 0) == 0 and core.market_name(w, 0) == 'Coinbase:BTC-USD')");
    run(a, "assert(core.market_name(w, 0) == 'Kraken:BTC-EUR' and not core.market_name(w, 1))");
    run(b, "assert(core.live().context == 1); core.close(w); assert(core.live().context == 0)");
    lua_close(b);
    run(a, "assert(core.live().context == 1)");
    lua_close(a);
}

static void a_state_ends_what_it_held(void **unused)
{
    (void)unused;
    for (int i = 0; i < 50; i++) {
        lua_State *L = state();

        run(L, "w = core.open(); c = core.conf_new(); b = core.bus_open(w, 'memory:', 1)"
               " a = core.agg_open(w, 'replay=1\\n', 2)"
               " core.link(w, b, a); core.timer(w, 1, 60000)");
        lua_close(L);
    }
}

/* Whatever a script hands over in the wrong place is an error of its own, never a crash. */
static void wrong_arguments_are_errors(void **unused)
{
    lua_State *L = state();

    (void)unused;
    run(L, "local w, c = core.open(), core.conf_new()\n"
           "local ev = core.poll(w, 1, 0)\n"
           "local odd = { 'x', 5, -1, 0.5, {}, true, w, c, ev, print, 2 ^ 60,"
           " coroutine.create(print),"
           " io.stdout }\n"
           "for name, fn in pairs(core) do\n"
           "  if name ~= 'close' and name ~= 'conf_free' then\n"
           "    pcall(fn)\n"
           "    for _, a in ipairs(odd) do\n"
           "      pcall(fn, a)\n"
           "      for _, b in ipairs(odd) do\n"
           "        if name ~= 'poll' then pcall(fn, a, b); pcall(fn, a, b, a, b, 0) end\n"
           "      end\n"
           "    end\n"
           "  end\n"
           "end\n"
           "assert(core.market(w, 'still there'))");
    lua_close(L);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contexts_in_two_states_never_meet),
        cmocka_unit_test(a_state_ends_what_it_held),
        cmocka_unit_test(wrong_arguments_are_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
