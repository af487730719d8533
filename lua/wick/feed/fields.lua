-- SPDX-License-Identifier: Apache-2.0
-- What a feed table may say of the fields of a trade; the rest of it is in schema.lua.
local kinds = require "wick.feed.kinds"
local path = require "wick.feed.path"
local M = {}

local fail, some, list, map, record = kinds.fail, kinds.some, kinds.list, kinds.map, kinds.record
local text, name, int, choice, scalar, boolean =
  kinds.text, kinds.name, kinds.int, kinds.choice, kinds.scalar, kinds.boolean

function M.path(levels)
  return function(v, place)
    local _, err = path.steps(v)
    if err then fail(place, "'%s' is no path: %s", tostring(v), err) end
    if path.levels(v) > levels then fail(place, "it has more than %d [] or {}", levels) end
  end
end

local function decimal(v, place)
  text(v, place)
  if not (v:match "^%d+%.?%d*$" and v:match "[1-9]") then
    fail(place, "a decimal over 0 as text is wanted, not '%s'", v)
  end
end

-- One figure, or a figure by symbol: { BTCUSD = 4, ["s*"] = 8, default = 4 }
function M.by_symbol(check)
  return function(v, place)
    if type(v) ~= "table" then return check(v, place) end
    if next(v) == nil then fail(place, "the table is empty") end
    map(check)(v, place)
  end
end

local PLACE = {                 -- keys that every field may have
  [1] = M.path(1), join = list(M.path(0), 4), with = text, prefix = some(text), suffix = some(text),
  optional = boolean,
}

-- alone: what may stand there without a path; walked: a path and a key on the way to it may both
-- stand there.
function M.field(extra, alone, walked)
  local rows = {}
  for k, v in pairs(PLACE) do rows[k] = v end
  for k, v in pairs(extra or {}) do rows[k] = v end
  local check = record(rows)
  return function(v, place)
    if type(v) ~= "table" then return PLACE[1](v, place) end
    check(v, place)
    local ways = (v[1] ~= nil and 1 or 0) + (v.join and 1 or 0) + (v.key and 1 or 0)
    if walked and v[1] ~= nil and v.key then return end
    if ways > 1 or (ways == 0 and not (alone and alone(v))) then
      fail(place, "a path as first element, 'join' or 'key' is wanted, one of them")
    end
  end
end

M.unit = choice("s", "ms", "us", "ns", "iso")
local number_unit = choice("s", "ms", "us", "ns")
local FINER = { s = 1, ms = 2, us = 3, ns = 4 }
local two = kinds.list(number_unit, 2)
local function units(v, place)
  if type(v) ~= "table" then return M.unit(v, place) end
  two(v, place)
  if not v[2] or FINER[v[1]] >= FINER[v[2]] then
    fail(place, "two units, the coarser first, are wanted: { 'ms', 'us' }")
  end
end

local function zone(v, place)
  text(v, place)
  local hours, minutes = v:match "^[+-](%d%d):(%d%d)$"
  if not hours or tonumber(hours) > 18 or tonumber(minutes) > 59 then
    fail(place, "an offset like +09:00 is wanted, not '%s'", v)
  end
end
local time_rows = { unit = units, received = boolean, zone = zone }

function M.time()
  local plus = record({ [1] = M.path(1), unit = number_unit, optional = boolean }, { 1, "unit" })
  local rows = { plus = plus }
  for k, v in pairs(time_rows) do rows[k] = v end
  local check = M.field(rows)
  return function(v, place)
    if type(v) ~= "table" then
      fail(place, "a table with a path and its unit is wanted: { 'T', unit = 'ms' }")
    end
    check(v, place)
    if v.zone and v.unit and v.unit ~= "iso" then
      fail(place, "'zone' is for iso times; a number counts from 1970 UTC")
    end
    if not v.unit then fail(place, "'unit' is missing: s, ms, us, ns or iso") end
  end
end

local number_field = M.field { scale = M.by_symbol(int(-60, 60)), factor = M.by_symbol(decimal) }

local function amount(v, place)
  number_field(v, place)
  if type(v) == "table" then
    if v.join or v.key then fail(place, "a price or a quantity stands at one place: a path") end
    if v.scale and v.factor then fail(place, "either 'scale' or 'factor'") end
  end
end

local bits = record { buy = int(1, 4294967295), sell = int(1, 4294967295), unknown = int(1,
  4294967295),
  reversed = int(1, 4294967295) }
local side_check = M.field({
  key = int(1, 3), buy = some(scalar), sell = some(scalar), unknown = some(scalar),
  bits = bits, sign = boolean, of = choice("taker", "maker"),
}, function(v) return v.sign end)

local function side_field(v, place)
  side_check(v, place)
  if type(v) == "table" then
    local values = v.buy ~= nil or v.sell ~= nil
    if (values and (v.sign or v.bits)) or (v.sign and v.bits) then
      fail(place, "'buy' and 'sell' values, 'bits', or 'sign': one of them")
    end
  end
  if type(v) ~= "table" or not (v.buy ~= nil or v.sell ~= nil or v.bits or v.sign) then
    fail(place, "how it is told is missing: 'buy' and 'sell' values, 'bits', or 'sign = true'")
  end
end

local count_check = M.field({ first = M.path(1), last = M.path(1) }, function(v)
  return v.first and v.last
end)
local function count_field(v, place)
  count_check(v, place)
  if type(v) == "table" and (v[1] ~= nil or v.join) and (v.first or v.last) then
    fail(place, "either where it stands, or 'first' and 'last'")
  end
end
local symbol_field = M.field { key = int(1, 3), bound = name }
local kind_check = M.field({ key = int(1, 3), value = name }, function(v) return v.value end)
local function kind_field(v, place)
  kind_check(v, place)
  if type(v) == "table" and v.value and (v[1] or v.join or v.key) then
    fail(place, "either 'value' or where it stands")
  end
end
local snapshot_check = M.field { is = some(scalar) }

local FIELDS = {
  symbol = symbol_field, venue = M.field { key = int(1, 3) }, kind = kind_field,
  time = M.time(),
  price = amount, qty = amount, side = side_field,
  id = M.field { key = int(1, 3), gapless = boolean },
  seq = M.field { order = boolean, gapless = boolean },
  count = count_field,
  snapshot = function(v, place)
    snapshot_check(v, place)
    if type(v) ~= "table" or v.is == nil then
      fail(place, "the value that marks a snapshot is missing: is = ...")
    end
  end,
}
M.all = record(FIELDS, { "time", "price", "qty" })

return M
