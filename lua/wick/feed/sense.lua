-- SPDX-License-Identifier: Apache-2.0
-- What of a feed table is well formed and would still do nothing, or something else: placeholders
-- that nobody fills, names that nobody binds, rules that are never reached.
local kinds = require "wick.feed.kinds"
local idle = require "wick.feed.idle"
local somewhere = require "wick.feed.known"
local nearest = require "wick.nearest"
local path = require "wick.feed.path"
local M = {}

local fail = kinds.fail

local FILLED = { symbol = true, lower = true, pair = true, pair_lower = true, base = true,
  quote = true, venue = true, kind = true, name = true, list = true, bound = true, key = true }
local ACTING = { "subscribed", "unsubscribed", "welcome", "heartbeat" }

-- The names in braces of a template that fill() would take for placeholders.
local function names_in(template)
  local out = {}
  for name in template:gmatch "{([%a_]+)}" do out[name] = true end
  return out
end

local function template(v, place, allowed)
  local names = names_in(v)
  for _, name in ipairs(kinds.keys(names)) do
    if not allowed[name] then
      fail(place, "'{%s}' stands for nothing%s", name, nearest.hint(name, kinds.keys(allowed)))
    end
  end
  return names
end

local function asking(spec, place, needs)
  if spec == nil then return end
  if type(spec) == "string" then spec = { send = spec } end
  local names = template(spec.send, place .. ".send", FILLED)
  local item = spec.item and template(spec.item, place .. ".item", FILLED)
  if item and not names.list then
    fail(place .. ".send", "'{list}' is missing: where the items go")
  end
  if names.list and not item then fail(place, "'item' is missing: what '{list}' is made of") end
  names = item or names
  if needs and not (names.symbol or names.lower or names.pair or names.pair_lower
    or names.base) then
    fail(place, "'{symbol}' is missing: it would ask for nothing")
  end
end

local function bound_in(m)
  local out = {}
  for _, spec in ipairs { m.symbol or false, m.fields and m.fields.symbol or false } do
    if type(spec) == "table" and spec.bound then out[#out + 1] = spec.bound end
  end
  local all = { m.when or {}, m.where }
  for _, when in ipairs(m.any or {}) do all[#all + 1] = when end
  for _, when in ipairs(all) do
    for _, test in pairs(when) do
      if type(test) == "table" and test.bound then out[#out + 1] = test.bound end
    end
  end
  return out
end

local function side(spec, place)
  if type(spec) ~= "table" or spec.bits or spec.sign then return end
  local seen = {}
  for _, which in ipairs { "buy", "sell", "unknown" } do
    local values = spec[which]
    for _, v in ipairs(type(values) == "table" and values or { values }) do
      if seen[tostring(v)] then
        fail(place, "'%s' is %s and %s", tostring(v), seen[tostring(v)], which)
      end
      seen[tostring(v)] = which
    end
  end
  if spec.buy == nil or spec.sell == nil then
    fail(place, "'%s' is missing: those trades would have no side",
      spec.buy == nil and "buy" or "sell")
  end
end

local function order(m, place)
  if not m.order then return end
  local levels = path.levels(m.trades or ".")
  local columns = false
  for _, spec in pairs(m.fields or {}) do
    local p = type(spec) == "table" and spec[1] or spec
    columns = columns or (type(p) == "string" and path.levels(p) > 0)
  end
  if levels == 0 and not columns then
    fail(place .. ".order", "there is no list: 'trades' leads to one trade")
  end
  if type(m.order) == "table" and #m.order > levels + (columns and 1 or 0) then
    fail(place .. ".order", "%d words for %d lists", #m.order, levels)
  end
end

-- The key of a binding stands beside the symbol.
local function binding(m, spec, place)
  if not spec then return end
  local each = type(m.symbol) == "table" and m.symbol[1] or type(m.symbol) ~= "table" and m.symbol
  if type(spec.key) == "table" then
    local _, members = tostring(each or ""):gsub("{}", "")
    if spec.key.key > members then
      fail(place, "there is no {} number %d in 'symbol'", spec.key.key)
    end
  elseif each and path.levels(each) > 0 then
    local _, err = path.beside(each, spec.key)
    if err then fail(place, "%s", err) end
  elseif path.levels(spec.key) > 0 then
    fail(place, "a list, and 'symbol' has none")
  end
end

local function control(m, place)
  if not m.control then return end
  binding(m, m.bind, place .. ".bind.key")
  binding(m, m.unbind, place .. ".unbind.key")
  if (m.control == "subscribed" or m.control == "unsubscribed") and m.symbol == nil then
    fail(place, "'symbol' is missing: which subscription is it?")
  end
  if m.answer and template(m.answer, place .. ".answer", { value = true }).value
    and m.symbol == nil then
    fail(place .. ".answer", "'{value}' is the 'symbol' of this rule, which is missing")
  end
  local hint = nearest.hint(m.control, ACTING)
  for _, known in ipairs(ACTING) do
    if m.control == known then hint = "" end
  end
  if hint ~= "" then fail(place .. ".control", "'%s' does nothing%s", m.control, hint) end
end

local function gapless(t, fields, place)
  local id, seq = fields.id, fields.seq
  local counts = type(id) == "table" and id.gapless
  local both = counts and type(seq) == "table" and seq.gapless
  if both then fail(place .. ".seq.gapless", "'id' counts the trades already: one of them") end
  if counts and t.ids ~= "ordered" then
    fail(place .. ".id.gapless", "ids that count are ordered: ids = \"ordered\"")
  end
  if counts and id.join then fail(place .. ".id.gapless", "joined values are no number") end
end

-- Raises { place, why } for the first of them.
function M.check(t, place)
  local binds, uses, open = {}, {}, nil
  somewhere.check(t, place)
  asking(t.subscribe, place .. ".subscribe", true)
  asking(t.unsubscribe, place .. ".unsubscribe", false)
  for _, url in ipairs(type(t.url) == "table" and t.url or { t.url }) do
    if not url:match "^wss?://[^/%s]+" then
      fail(place .. ".url", "an address like wss://host/path is wanted, not '%s'", url)
    end
  end
  for _, p in ipairs(t.symbols or {}) do
    if (type(p) == "table" and p[1] or p):find("{pair", 1, true) and not t.quotes then
      fail(place, "'quotes' is missing: {pair} is cut by them")
    end
  end
  for i, m in ipairs(t.messages or {}) do
    if m.bind then binds[m.bind.as or "symbols"] = i end
  end
  for _, name in ipairs(kinds.keys(t.bound or {})) do
    if binds[name] then
      fail(("%s.bound.%s"):format(place, name), "messages[%d] binds it: one or the other",
        binds[name])
    end
    binds[name] = true
  end
  for i, m in ipairs(t.messages or {}) do
    local at = ("%s.messages[%d]"):format(place, i)
    if open then fail(at, "it is never reached: messages[%d] takes every message", open) end
    if not m.when and not m.any and #bound_in(m) == 0 then open = i end
    for _, name in ipairs(bound_in(m)) do
      if not binds[name] then fail(at, "no rule binds '%s'", name) end
      uses[name] = true
    end
    side(m.fields and m.fields.side, at .. ".fields.side")
    gapless(t, m.fields or {}, at .. ".fields")
    order(m, at)
    control(m, at)
  end
  for i, form in ipairs(t.csv or {}) do
    local symbol = form.fields and form.fields.symbol
    if type(symbol) == "table" and symbol.bound then uses[symbol.bound] = true end
    gapless(t, form.fields or {}, ("%s.csv[%d].fields"):format(place, i))
  end
  idle.check(t, place, uses)
end

return M
