/* SPDX-License-Identifier: Apache-2.0
 * wick.core for Lua 5.4: every function of wick.h under its name without the prefix, over
 * handles and views. Lua 5.4 makes the module by luaopen_wick_core(); wickd has it inside. */
#include "lua54.h"
#include "lua54_view.h"

/* How many handles are open in this state, by kind: for tests, which leave none. */
static int live(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "wick.live");
    return 1;
}

static int abi(lua_State *L)
{
    lua_pushinteger(L, wick_abi());
    return 1;
}

static int size_of(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)wick_sizeof(text_arg(L, 1)));
    return 1;
}

static int version(lua_State *L)
{
    lua_pushstring(L, wick_version());
    return 1;
}

static const luaL_Reg MODULE_FUNCTIONS[] = {
    {"live", live}, {"abi", abi}, {"sizeof", size_of}, {"version", version}, {NULL, NULL},
};

/* The header that this was compiled with must be the one of the library that is here now. */
static void check_sizes(lua_State *L)
{
    static const struct { const char *name; size_t size; } SIZES[] = {
        {"wick_event", sizeof(wick_event)},     {"wick_tick", sizeof(wick_tick)},
        {"wick_mark", sizeof(wick_mark)},       {"wick_batch", sizeof(wick_batch)},
        {"wick_candle", sizeof(wick_candle)},   {"wick_refusal", sizeof(wick_refusal)},
        {"wick_option", sizeof(wick_option)},   {"wick_control", sizeof(wick_control)},
        {"wick_query", sizeof(wick_query)},     {"wick_request", sizeof(wick_request)},
        {"wick_reply", sizeof(wick_reply)},     {"wick_checked", sizeof(wick_checked)},
    };

    if (wick_abi() != WICK_ABI)
        luaL_error(L, "wick.core is made for ABI %d, libwick has %d", WICK_ABI, wick_abi());
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++)
        if (wick_sizeof(SIZES[i].name) != SIZES[i].size)
            luaL_error(L, "wick.core and libwick differ in the size of %s: %d and %d",
                       SIZES[i].name, (int)SIZES[i].size, (int)wick_sizeof(SIZES[i].name));
}

/* Each function carries its name, for its own messages. */
static void add(lua_State *L, const luaL_Reg *list)
{
    for (; list->name; list++) {
        lua_pushstring(L, list->name);
        lua_pushcclosure(L, list->func, 1);
        lua_setfield(L, -2, list->name);
    }
}

__attribute__((visibility("default"))) int luaopen_wick_core(lua_State *L);

int luaopen_wick_core(lua_State *L)
{
    check_sizes(L);
    view_setup(L);
    lua_newtable(L);
    add(L, MODULE_FUNCTIONS);
    add(L, CONTEXT_FUNCTIONS);
    add(L, VALUE_FUNCTIONS);
    add(L, FEED_FUNCTIONS);
    add(L, STAGE_FUNCTIONS);
    add(L, TABLE_FUNCTIONS);
    return 1;
}
