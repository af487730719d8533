-- SPDX-License-Identifier: Apache-2.0
-- wick for Lua 5.4 (a C module) and LuaJIT (its FFI over libwick.so):
--   luarocks --lua-version 5.4 make rockspec/wick-scm-1.rockspec
--   luarocks --lua-version 5.1 make rockspec/wick-scm-1.rockspec      LuaJIT
-- Without the network, with Debian's lua-cjson and lua-lpeg: --deps-mode none.
rockspec_format = "3.0"
package = "wick"
version = "scm-1"
source = { url = "git+file://." }
description = {
  summary = "Market data: trades in, exact candles out and served",
  detailed = "An embeddable platform for market data: C for the hot paths, Lua for every decision.",
  license = "Apache-2.0",
}
supported_platforms = { "linux" }
dependencies = { "lua >= 5.1, < 5.5", "lua-cjson", "lpeg" }
-- Libraries alone: their headers are under Debian's multiarch folder, where luarocks does not look.
external_dependencies = {
  UV = { library = "uv" }, WEBSOCKETS = { library = "websockets" }, CURL = { library = "curl" },
  HTTP_PARSER = { library = "http_parser" }, SQLITE3 = { library = "sqlite3" },
  XXHASH = { library = "xxhash" },
  ZLIB = { library = "z" }, SSL = { library = "ssl" },
}
build = {
  type = "make",
  build_target = "rock",
  install_target = "rock-install",
  build_variables = { CFLAGS = "$(CFLAGS)", WERROR = "-Wno-error" },
  install_variables = { ROCK_LIBDIR = "$(LIBDIR)", ROCK_LUADIR = "$(LUADIR)" },
  copy_directories = {},
}
