-- SPDX-License-Identifier: Apache-2.0
-- Views and elements as cdata: #v, v[i], v:each(), v:copy(); e.field, e:text "close", e:copy(). No
-- table a tick: an element is an address and its loan's age, which is asked for at every touch
-- (src/bind/lua54_view.c does the same).
local ffi = require "ffi"
local C = require "wick.ffi.lib"
local arg = require "wick.ffi.arg"
local F = require "wick.ffi.fields"
local M = {}

local PODS = { "event", "batch", "tick", "mark", "candle", "control", "refusal", "request",
  "reply" }
local OWNED = { tick = true, mark = true, candle = true }
-- Underscores: __index is asked for the POD's own names alone.
local DECLARED = [[
typedef struct wick_lua_POD_LENT {
  const wick_POD *_p; const uint64_t *_cell; uint64_t _at; const uint8_t *_bytes;
  uint32_t _n, _byte_n;
} wick_lua_POD_LENT;
typedef struct wick_lua_POD_OWN {
  wick_POD *_p; uint8_t *_bytes; uint32_t _n, _byte_n; uint64_t _room[?];
} wick_lua_POD_OWN;]]
local kinds = {}

local TEXT_FIELDS = {}
for name in require "wick.cdef":gmatch "WICK_F_(%u+)%s*=" do
  TEXT_FIELDS[name:lower()] = C["WICK_F_" .. name]
end

-- WICK_F_* by its name.
function M.field(name, i, v)
  return TEXT_FIELDS[arg.text(name, i, v)] or arg.raise("text: no field '%s'", v)
end

local out = ffi.new "char[128]"

local function text_of(kind, p, field, name)
  local n = -1
  if kind == "candle" then n = C.wick_candle_text(p, field, out, 128)
  elseif kind == "tick" then n = C.wick_tick_text(p, field, out, 128) end
  if n < 0 or n >= 128 then arg.raise("text: a %s has no '%s'", kind, name) end
  return ffi.string(out, n)
end

local function stale(name)
  arg.raise("this %s was lent until the next poll, which is over: copy() keeps it", name)
end

-- `count` elements from p on and their bytes, in memory of their own.
local function own(k, ct, p, count, bytes, byte_count)
  local size = count * k.size
  local o = ffi.new(ct, math.floor((size + byte_count) / 8) + 1)
  local room = ffi.cast("uint8_t *", o._room)
  ffi.copy(room, p, size)
  if byte_count > 0 then ffi.copy(room + size, bytes, byte_count) end
  o._p, o._bytes = ffi.cast(k.pointer, room), room + size
  o._n, o._byte_n = count, byte_count
  return o
end

-- One element that stands alone: of a tick's bytes only its own id.
local function own_one(k, e, p)
  if k.name ~= "tick" then return own(k, k.own_one, p, 1, nil, 0) end
  local at, len = p.id_at, p.id_len
  if at + len > e._byte_n then len = 0 end
  local o = own(k, k.own_one, p, 1, e._bytes + at, len)
  o._p.id_at, o._p.id_len = 0, len
  return o
end

local function owns(name)
  if not OWNED[name] then
    arg.raise("copy: a %s points to what was lent; copy what it holds", name)
  end
end

local function each(v)
  local i, n = 0, #v
  return function()
    i = i + 1
    if i <= n then return i, v[i] end
  end
end

local function define_one(k)
  local fields, name = F[k.name], k.name
  local function text(e, field)
    if e._cell ~= nil and e._cell[0] ~= e._at then stale(name) end
    return text_of(name, e._p, M.field("text", 2, field), field)
  end
  local function copy(e)
    if e._cell[0] ~= e._at then stale(name) end
    owns(name)
    return own_one(k, e, e._p)
  end
  local methods = { copy = copy, text = OWNED[name] and name ~= "mark" and text or nil }
  ffi.metatype(k.one, {
    __index = function(e, key)
      if e._cell[0] ~= e._at then stale(name) end
      local get = fields[key]
      if get then return get(e._p, e) end
      return methods[key]
    end,
  })
  local own_methods = {
    copy = function(e) return own_one(k, e, e._p) end,
    text = methods.text and function(e, field)
      return text_of(name, e._p, M.field("text", 2, field), field)
    end,
  }
  ffi.metatype(k.own_one, {
    __index = function(e, key)
      local get = fields[key]
      if get then return get(e._p, e) end
      return own_methods[key]
    end,
  })
end

local function define_view(k)
  local name, one = k.name, k.one
  local methods = { each = each, copy = function(v)
    if v._cell[0] ~= v._at then stale(name) end
    owns(name)
    return own(k, k.own_view, v._p, v._n, v._bytes, v._byte_n)
  end }
  ffi.metatype(k.view, {
    __len = function(v) return v._n end,
    __index = function(v, i)
      if v._cell[0] ~= v._at then stale(name) end
      if type(i) ~= "number" then return methods[i] end
      if i >= 1 and i <= v._n then
        return one(v._p + (i - 1), v._cell, v._at, v._bytes, 1, v._byte_n)
      end
    end,
  })
  local own_methods = { each = each,
    copy = function(v) return own(k, k.own_view, v._p, v._n, v._bytes, v._byte_n) end }
  ffi.metatype(k.own_view, {
    __len = function(v) return v._n end,
    __index = function(v, i)
      if type(i) ~= "number" then return own_methods[i] end
      if i >= 1 and i <= v._n then return own_one(k, v, v._p + (i - 1)) end
    end,
  })
end

for _, name in ipairs(PODS) do
  local k = { name = name, size = ffi.sizeof("wick_" .. name),
    pointer = ffi.typeof("wick_" .. name .. " *") }
  for _, form in ipairs { "view", "one" } do
    ffi.cdef((DECLARED:gsub("POD", name):gsub("LENT", form):gsub("OWN", "own_" .. form)))
    k[form] = ffi.typeof("wick_lua_" .. name .. "_" .. form)
    k["own_" .. form] = ffi.typeof("wick_lua_" .. name .. "_own_" .. form)
  end
  kinds[name] = k
  define_one(k)
  define_view(k)
end

-- A view of n elements lent by a room, and one element.
function M.view(name, p, n, cell, bytes, byte_count, at)
  return kinds[name].view(p, cell, at or cell[0], bytes, n, byte_count or 0)
end

function M.one(name, p, cell, at)
  return kinds[name].one(p, cell, at or cell[0], nil, 1, 0)
end

-- The address and count of a view or an element of this kind; raises.
function M.arg(fn, i, v, name)
  local k, is = kinds[name], ffi.istype
  local lent = type(v) == "cdata" and (is(k.view, v) or is(k.one, v))
  if not lent and not (type(v) == "cdata" and (is(k.own_view, v) or is(k.own_one, v))) then
    local got = v == nil and "no value" or type(v)
    arg.raise("%s: argument %d: %ss expected, got %s", fn, i, name, got)
  end
  if lent and v._cell[0] ~= v._at then stale(name) end
  return v._p, v._n
end

-- What an event and a batch lead to; nil where the event is of another kind.
local function carried(name, kind)
  return function(p, e)
    if p.kind == kind and p.data ~= nil and p.stride > 1 then
      return M.one(name, ffi.cast(kinds[name].pointer, p.data), e._cell, e._at)
    end
  end
end
F.event.batch = carried("batch", C.WICK_EV_BATCH)
F.event.control = carried("control", C.WICK_EV_MESSAGE)
F.event.request = carried("request", C.WICK_EV_REQUEST)
F.event.reply = carried("reply", C.WICK_EV_REPLY)
F.event.candles = function(p, e)
  if p.kind == C.WICK_EV_CANDLES or p.kind == C.WICK_EV_COMMITTED then
    local n = p.data ~= nil and p.count or 0
    return M.view("candle", ffi.cast("wick_candle *", p.data), n, e._cell, nil, 0, e._at)
  end
end
F.event.refusals = function(p, e)
  if p.kind == C.WICK_EV_REFUSED and p.stride == kinds.refusal.size then
    return M.view("refusal", ffi.cast("wick_refusal *", p.data), p.count, e._cell, nil, 0, e._at)
  end
end
F.batch.ticks = function(p, e)
  return M.view("tick", p.ticks, p.tick_count, e._cell, p.bytes, p.byte_count, e._at)
end
F.batch.marks = function(p, e)
  return M.view("mark", p.marks, p.mark_count, e._cell, nil, 0, e._at)
end

return M
