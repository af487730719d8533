/* SPDX-License-Identifier: Apache-2.0
 * The command: Lua 5.4 with wick.core inside, which runs lua/wick/cli.lua from beside the
 * program. What main() there returns is the exit status. */
#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int luaopen_wick_core(lua_State *L);

/* The folder of this program, links followed. */
static int program_dir(char *out, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", out, size - 1);
    char *slash;

    if (n <= 0 || (size_t)n >= size - 1)
        return -1;
    out[n] = '\0';
    if (!(slash = strrchr(out, '/')))
        return -1;
    *slash = '\0';
    return 0;
}

/* Where lua/wick/cli.lua lies: a checkout, its build folder, or an installation. */
static int find_root(char *out, size_t size)
{
    static const char *const PLACES[] = {"", "/..", "/../..", "/../share/wick"};
    char dir[PATH_MAX / 2], probe[PATH_MAX];

    if (program_dir(dir, sizeof dir) < 0)
        return -1;
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        snprintf(probe, sizeof probe, "%s%s/lua/wick/cli.lua", dir, PLACES[i]);
        if (access(probe, R_OK) == 0) {
            snprintf(probe, sizeof probe, "%s%s", dir, PLACES[i]);
            if (realpath(probe, out) && strlen(out) < size)
                return 0;
        }
    }
    return -1;
}

static int traceback(lua_State *L)
{
    const char *text = lua_tostring(L, 1);

    luaL_traceback(L, L, text ? text : luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

/* package.path and arg, then the script; its result is a number or nothing. Runs protected. */
static int start(lua_State *L)
{
    const char *root = lua_tostring(L, 1);
    char **argv = lua_touserdata(L, 2);
    int argc = (int)lua_tointeger(L, 3);

    luaL_openlibs(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_wick_core);
    lua_setfield(L, -2, "wick.core");
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua;%s", root, root, lua_tostring(L, -1));
    lua_setfield(L, -3, "path");
    lua_pushfstring(L, "%s/lua/wick/cli.lua", root);
    lua_createtable(L, argc, 1);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, 0);
    lua_setglobal(L, "arg");
    if (luaL_loadfile(L, lua_tostring(L, -1)) != LUA_OK)
        return lua_error(L);
    for (int i = 1; i < argc; i++)
        lua_pushstring(L, argv[i]);
    lua_call(L, argc - 1, 1);
    return 1;
}

/* 0 to 255; what is neither a number nor nothing (a module table) is 0. */
static int status_of(lua_State *L)
{
    return lua_isboolean(L, -1) ? !lua_toboolean(L, -1) : (int)lua_tointeger(L, -1);
}

static int run(lua_State *L, const char *root, int argc, char **argv)
{
    int status = 1;

    lua_pushcfunction(L, traceback);
    lua_pushcfunction(L, start);
    lua_pushstring(L, root);
    lua_pushlightuserdata(L, argv);
    lua_pushinteger(L, argc);
    if (lua_pcall(L, 3, 1, 1) == LUA_OK)
        status = status_of(L);
    else
        fprintf(stderr, "wick: %s\n", lua_tostring(L, -1));
    return status;
}

int main(int argc, char **argv)
{
    char root[PATH_MAX];
    lua_State *L;
    int status;

    if (find_root(root, sizeof root) < 0) {
        fprintf(stderr, "wick: lua/wick/cli.lua is not beside this program\n");
        return 1;
    }
    if (!(L = luaL_newstate())) {
        fprintf(stderr, "wick: no memory\n");
        return 1;
    }
    status = run(L, root, argc, argv);
    lua_close(L);
    return status;
}
