-- SPDX-License-Identifier: Apache-2.0
-- Writes the lines of a plan, and those of the fields of a trade.
local kinds = require "wick.feed.kinds"
local path = require "wick.feed.path"
local M = {}

local encode, keys = path.encode, kinds.keys

local function as_text(v)
  if type(v) == "number" then return ("%d"):format(v) end
  return tostring(v)
end

function M.as_list(v)
  if v == nil then return {} end
  return type(v) == "table" and v or { v }
end

local function words(line, from, ...)
  for i = 1, select("#", ...) do line[from + i] = encode(as_text((select(i, ...)))) end
  return table.concat(line, " ")
end

-- The lines, a function that adds one, one that adds one whose first argument is a path, and one
-- that takes a path's word as it stands.
function M.writer()
  local out = {}
  local function put(word, ...) out[#out + 1] = words({ word }, 1, ...) end
  local function put_word(word, compiled, ...) out[#out + 1] = words({ word, compiled }, 2, ...) end
  local function put_path(word, p, rows, ...)
    local compiled, err = path.compile(p, rows)
    if not compiled then error({ place = "path", why = err }, 0) end
    put_word(word, compiled, ...)
  end
  return out, put, put_path, put_word
end

local as_list = M.as_list

function M.longest_first(list)
  local out = {}
  for i, v in ipairs(list) do out[i] = v end
  table.sort(out, function(a, b)
    if #a ~= #b then return #a > #b end
    return a < b
  end)
  return out
end

-- Of several prefixes the longest that is there counts, and of suffixes.
function M.cuts(put, spec)
  for _, s in ipairs(M.longest_first(as_list(spec.prefix))) do put("prefix", s) end
  for _, s in ipairs(M.longest_first(as_list(spec.suffix))) do put("suffix", s) end
end

-- Symbols before globs before the default; longer globs first.
local function by_symbol(put, word, figures)
  if figures == nil then return end
  if type(figures) ~= "table" then return put(word, "*", figures) end
  local exact, globs = {}, {}
  for _, k in ipairs(keys(figures)) do
    local into = k:find("*", 1, true) and globs or exact
    if k ~= "default" then into[#into + 1] = k end
  end
  for _, k in ipairs(exact) do put(word, k, figures[k]) end
  for _, k in ipairs(M.longest_first(globs)) do put(word, k, figures[k]) end
  if figures.default ~= nil then put(word, "*", figures.default) end
end

local function means(put, what, values)
  if values == nil then return end
  for _, v in ipairs(as_list(values)) do put("mean", what, v) end
end

local BITS = { "buy", "sell", "unknown", "reversed" }

local function options(put, spec)
  if spec.with or spec.value then put("with", spec.with or spec.value) end
  M.cuts(put, spec)
  by_symbol(put, "scale", spec.scale)
  by_symbol(put, "factor", spec.factor)
  local unit = as_list(spec.unit)
  if unit[1] then put("unit", unit[1]) end
  if unit[2] then put("finer", unit[2]) end
  if spec.zone then
    local sign, hours, minutes = spec.zone:match "^([+-])(%d%d):(%d%d)$"
    put("east", (sign == "-" and -1 or 1) * (hours * 3600 + minutes * 60))
  end
  means(put, "buy", spec.buy)
  means(put, "sell", spec.sell)
  means(put, "unknown", spec.unknown)
  means(put, "yes", spec.is)
  for _, bit in ipairs(BITS) do
    if spec.bits and spec.bits[bit] then put("bit", bit, spec.bits[bit]) end
  end
  if spec.optional then put("flag", "optional") end
  if spec.sign then put("flag", "sign") end
  if spec.of == "maker" then put("flag", "maker") end
  if spec.received then put("flag", "received") end
  if spec.order then put("flag", "chronological") end
  if spec.gapless then put("flag", "gapless") end
  if spec.bound then put("table", spec.bound) end
end

function M.one(put, put_path, which, spec, rows)
  spec = type(spec) == "table" and spec or { spec }
  put("field", which)
  if spec.key then put("member", spec.key) end
  for _, p in ipairs(spec.join or { spec[1] }) do put_path(">from", p, rows) end
  options(put, spec)
end

local ORDER = { "symbol", "time", "venue", "kind", "price", "qty", "side", "id", "seq", "count",
  "snapshot" }

function M.fields(put, put_path, all, rows)
  for _, which in ipairs(ORDER) do
    local spec = all[which]
    if spec ~= nil then
      if which == "count" and type(spec) == "table" and spec.first then
        M.one(put, put_path, "first", { spec.first, optional = spec.optional }, rows)
        M.one(put, put_path, "last", { spec.last, optional = spec.optional }, rows)
      else
        M.one(put, put_path, which, spec, rows)
      end
      if which == "time" and spec.plus then
        M.one(put, put_path, "ns", { spec.plus[1], unit = spec.plus.unit,
          optional = spec.plus.optional ~= false }, rows)
      end
    end
  end
end

return M
