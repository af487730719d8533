-- SPDX-License-Identifier: Apache-2.0
-- What of a feed table can never do anything, and would be taken without a word: rules behind
-- others that take all of theirs, places that are not there, names nobody uses.
local kinds = require "wick.feed.kinds"
local path = require "wick.feed.path"
local M = {}

local fail = kinds.fail

local function as_list(v) return type(v) == "table" and v or { v } end
local function as_text(v) return type(v) == "number" and ("%d"):format(v) or tostring(v) end

-- ---- rules behind others ------------------------------------------------------------------------

local AT = { prefix = function(v, s) return v:sub(1, #s) == s end,
  suffix = function(v, s) return #v >= #s and v:sub(#v - #s + 1) == s end,
  contains = function(v, s) return v:find(s, 1, true) ~= nil end }

-- Whether each of a list of values has a counterpart in another one.
local function all(values, others, is)
  for _, v in ipairs(as_list(values)) do
    local found = false
    for _, o in ipairs(as_list(others)) do found = found or is(as_text(v), as_text(o)) end
    if not found then return false end
  end
  return true
end

local function same(v, o) return v == o end

local function test_of(v)
  return type(v) == "table" and #v == 0 and v or { is = v }
end

-- Whether all that passes one test passes another one at the same place.
local function covers(wide, narrow)
  for op, values in pairs(wide) do
    local ok = narrow[op] ~= nil and op ~= "present" and all(narrow[op], values, AT[op] or same)
    if op == "no" then
      ok = narrow.no ~= nil and all(values, narrow.no, same)
    elseif op == "present" then
      ok = narrow.present == values or (values and narrow.no == nil and narrow.present == nil)
    elseif AT[op] then
      ok = ok or (narrow.is ~= nil and all(narrow.is, values, AT[op]))
    end
    if not ok then return false end
  end
  return true
end

local function by_path(when)
  local out = {}
  for at, v in pairs(when or {}) do
    local word = path.compile(at) or at
    out[out[word] and { at } or word] = test_of(v)      -- one place spelt two ways: not compared
  end
  return out
end

-- Rules with alternatives are left alone, and those whose symbols must have been bound.
local function behind(m, before)
  local symbol = before.fields and before.fields.symbol
  if before.any or (type(symbol) == "table" and symbol.bound) then return false end
  local narrow = by_path(m.when)
  for at, test in pairs(by_path(before.when)) do
    if not narrow[at] or not covers(test, narrow[at]) then return false end
  end
  return true
end

-- ---- places that are not there ------------------------------------------------------------------

local function members(p)
  return select(2, tostring(p or ""):gsub("{}", ""))
end

-- A field's paths go up no further than there is something, and its key is that of a {} in `each`.
local function place(spec, each, at)
  local paths = type(spec) == "table"
    and (spec.join or { spec[1] or spec.first, spec.last, spec.plus and spec.plus[1] }) or { spec }
  if type(spec) == "table" and spec.key and spec.key > members(each) then
    fail(at .. ".key", "there is no {} number %d in '%s'", spec.key, tostring(each or "."))
  end
  for _, p in pairs(paths) do
    local _, up = path.depth(p)
    if up > path.depth(each or ".") then
      fail(at, "'%s' goes up further than '%s' leads down", tostring(p), tostring(each or "."))
    end
  end
end

local function places(m, at)
  for _, k in ipairs(kinds.keys(m.fields or {})) do
    place(m.fields[k], m.trades, ("%s.fields.%s"):format(at, k))
  end
  for _, k in ipairs(kinds.keys(m.where or {})) do place(k, m.trades, at .. ".where") end
  for _, k in ipairs(kinds.keys(m.when or {})) do place(k, nil, at .. ".when") end
  for i, when in ipairs(m.any or {}) do
    for _, k in ipairs(kinds.keys(when)) do place(k, nil, ("%s.any[%d]"):format(at, i)) end
  end
  if type(m.symbol) == "table" and m.symbol.key then
    place({ key = m.symbol.key }, m.symbol[1], at .. ".symbol")
  end
end

-- ---- names --------------------------------------------------------------------------------------

-- Rules and forms with their places, in their order.
local function rules(t, at)
  local out = {}
  for _, list in ipairs { "messages", "csv" } do
    for i, m in ipairs(t[list] or {}) do
      out[#out + 1] = { at = ("%s.%s[%d]"):format(at, list, i), rule = m, csv = list == "csv" }
    end
  end
  return out
end

local function has(all_rules, field)
  for _, r in ipairs(all_rules) do
    if r.rule.fields and r.rule.fields[field] ~= nil then return r.at .. ".fields." .. field end
  end
end

local function ids(t, place_of, all_rules)
  local id = has(all_rules, "id")
  if id and t.ids == "none" then
    fail(id, "ids = \"none\" says that trades have none: it would be dropped")
  end
  if not id and t.ids == "ordered" and has(all_rules, "price") then
    fail(place_of .. ".ids", "no rule has an 'id' that could be ordered: ids = \"none\"")
  end
end

local function symbols(t, at, kind)
  local seen = {}
  for i, p in ipairs(t.symbols or {}) do
    local here = ("%s.symbols[%d]"):format(at, i)
    local where = type(p) == "table" and p.where
    local form = type(p) == "table" and p[1] or p
    if where ~= nil and where ~= false and not kind then
      fail(here .. ".where", "no rule has a field 'kind' that could be '%s'", as_text(where))
    end
    for _, key in ipairs { form, where and form .. "\0" .. as_text(where) or form } do
      if seen[key] then fail(here, "symbols[%d] fits all that '%s' fits", seen[key], form) end
    end
    seen[where and form .. "\0" .. as_text(where) or form] = i
  end
end

local function bound(t, at, uses)
  for _, name in ipairs(kinds.keys(t.bound or {})) do
    if not uses[name] then fail(("%s.bound.%s"):format(at, name), "no rule asks for it") end
  end
end

-- Raises { place, why } for the first of them. uses: names of `bound` that rules ask for.
function M.check(t, at, uses)
  local all_rules = rules(t, at)
  local kind = has(all_rules, "kind")
  for i, m in ipairs(t.messages or {}) do
    local here = ("%s.messages[%d]"):format(at, i)
    places(m, here)
    for n = 1, i - 1 do
      if behind(m, t.messages[n]) then
        fail(here, "it is never reached: messages[%d] takes all of its messages", n)
      end
    end
  end
  for _, r in ipairs(all_rules) do
    for _, k in ipairs(kinds.keys(r.csv and r.rule.fields or {})) do
      local spec = r.rule.fields[k]
      if type(spec) == "table" and spec.key then
        fail(("%s.fields.%s.key"):format(r.at, k), "a row of a CSV is no object")
      end
    end
  end
  ids(t, at, all_rules)
  symbols(t, at, kind)
  bound(t, at, uses)
  if t.kinds and not kind then fail(at .. ".kinds", "no rule has a field 'kind'") end
end

return M
