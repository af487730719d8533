-- SPDX-License-Identifier: Apache-2.0
-- libwick through LuaJIT's FFI: found, declared once a state, and compared with wick.h's block
-- before it is used.
local ffi = require "ffi"

-- To load ffi anew would forget every type of the state: whoever empties package.loaded gets this
-- one again.
package.preload.ffi = function() return ffi end

local here = debug.getinfo(1, "S").source:match "^@(.*)wick/ffi/lib%.lua$"

-- A checkout's build folder (WICK_BUILD names another), then package.cpath, then the system's own
-- way.
local function load()
  local build = os.getenv "WICK_BUILD" or (here and here .. "../build")
  local file = build and io.open(build .. "/libwick.so", "rb")
  if file then
    file:close()
    return ffi.load(build .. "/libwick.so")
  end
  local path = package.searchpath("wick.libwick", package.cpath)
  return ffi.load(path or "wick")
end

local function check(C)
  local abi = tonumber(ffi.cast("int", ffi.C.WICK_ABI))
  if C.wick_abi() ~= abi then
    error(("wick.ffi is made for ABI %d, libwick has %d"):format(abi, C.wick_abi()), 0)
  end
  for name in require "wick.cdef":gmatch "typedef struct (wick_[%w_]+)%s*{" do
    local size, theirs = ffi.sizeof(name), tonumber(C.wick_sizeof(name))
    if size ~= theirs then
      local form = "wick.ffi and libwick differ in the size of %s: %d and %d"
      error(form:format(name, size, theirs), 0)
    end
  end
  return C
end

ffi.cdef(require "wick.cdef")
return check(load())
