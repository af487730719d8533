-- SPDX-License-Identifier: Apache-2.0
-- Handles: a table with the C pointer, counted, closed once, by hand or by the collector in any
-- order (what is opened holds its context in C). `room` is where a context's or decoder's loans
-- stand, with their age; rooms are used again.
local ffi = require "ffi"
local C = require "wick.ffi.lib"
local arg = require "wick.ffi.arg"
local M = { live = {} }

local kinds = {
  conf = "wick_conf_free", context = "wick_close", feed = "wick_feed_unref",
  decoder = "wick_decoder_close",
  stage = "wick_stage_close", check = "wick_check_close",
}
local meta, free = {}, {}
for name in pairs(kinds) do
  M.live[name] = 0
  meta[name] = { __metatable = false, kind = name,
    __tostring = function(h) return ("wick %s (%s)"):format(name, h.p and "open" or "closed") end }
end

M.EVENTS_MAX = 1024
local rooms = {}                        -- kept for ever: no loan points to freed memory

local function room_new()
  local room = table.remove(free)
  if not room then
    room = { age = ffi.new "uint64_t[1]", events = ffi.new("wick_event[?]", M.EVENTS_MAX),
      batch = ffi.new "wick_batch[1]", control = ffi.new "wick_control[1]" }
    room.age[0] = 1
    rooms[#rooms + 1] = room
  end
  return room
end

-- The function that ends a pointer of this kind: loans first, then the thing itself.
local function ender(kind, room)
  local close = kinds[kind]
  return function(p)
    M.live[kind] = M.live[kind] - 1
    if room then
      room.age[0] = room.age[0] + 1
      free[#free + 1] = room
    end
    C[close](p)
  end
end

-- A handle of an open C object; lends: it needs a room.
function M.new(kind, p, w, lends)
  local room = lends and room_new() or nil
  local close = ender(kind, room)
  M.live[kind] = M.live[kind] + 1
  return setmetatable({ p = ffi.gc(p, close), w = w, room = room, close = close }, meta[kind])
end

local function of_kind(name, i, h, kind)
  if type(h) ~= "table" or debug.getmetatable(h) ~= meta[kind] then
    local got = h == nil and "no value" or type(h)
    arg.raise("%s: argument %d: %s expected, got %s", name, i, kind, got)
  end
end

function M.close(name, kind, h)
  of_kind(name, 1, h, kind)
  local p = h.p
  if p then
    h.p = nil
    h.close(ffi.gc(p, nil))
  end
  return true
end

-- The handle of argument i; raises where it is of another kind or closed.
function M.arg(name, i, h, kind)
  of_kind(name, i, h, kind)
  if not h.p then arg.raise("%s: argument %d: this %s is closed", name, i, kind) end
  return h
end

return M
