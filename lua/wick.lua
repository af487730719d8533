-- SPDX-License-Identifier: Apache-2.0
-- require "wick": picks the binding ("wick.core": the C module on Lua 5.4, LuaJIT's FFI over the
-- same header) and gives the API over it.
local here = debug.getinfo(1, "S").source:match "^@(.*)wick%.lua$"

-- In a checkout the module lies in its build folder (WICK_BUILD names another); installed, on
-- package.cpath.
local function load_core()
  if jit then return require "wick.ffi" end
  local found = package.loaded["wick.core"] or package.preload["wick.core"]
  local build = os.getenv "WICK_BUILD" or (here and here .. "../build")
  local open = not found and build
    and package.loadlib(build .. "/lua5.4/wick/core.so", "luaopen_wick_core")
  return open and open() or require "wick.core"
end

package.loaded["wick.core"] = load_core()
return require "wick.api"
