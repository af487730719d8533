-- SPDX-License-Identifier: Apache-2.0
-- Names in a feed table that must be somewhere else in it too: kinds of markets, controls; and keys
-- that do not go together.
local kinds = require "wick.feed.kinds"
local nearest = require "wick.nearest"
local M = {}

local fail = kinds.fail

-- The kinds of markets that a table can make, by name; nil behind them: only these.
local function kinds_of(t)
  local out, open = { "default", "spot" }, false
  for _, p in ipairs(t.symbols or {}) do
    local shape, kind = p, nil
    if type(p) == "table" then shape, kind = p[1], p.kind end
    out[#out + 1] = kind
    open = open or shape:find "{date" or shape:find "{kind" or shape:find "{any}"
      or shape:find "{strike"
  end
  for _, k in ipairs(kinds.keys(t.kinds or {})) do out[#out + 1] = t.kinds[k] end
  for _, list in ipairs { t.messages or {}, t.csv or {} } do
    for _, m in ipairs(list) do
      local kind = m.fields and m.fields.kind
      if type(kind) == "table" and kind.value then out[#out + 1] = kind.value end
      open = open or (kind ~= nil and not (type(kind) == "table" and kind.value))
    end
  end
  return out, open
end

-- A name that is none of those known, and where others may be, is not one letter beside them.
local function one_of(v, place, known, open, what)
  for _, k in ipairs(known) do
    if k == v then return end
  end
  local hint = nearest.hint(v, known)
  if not open or hint ~= "" then fail(place, "there is no %s '%s'%s", what, v, hint) end
end

local function names(t, place)
  local known, open = kinds_of(t)
  if type(t.quantity) == "table" then
    for _, k in ipairs(kinds.keys(t.quantity)) do
      one_of(k, place .. ".quantity", known, open, "kind")
    end
  end
  for i, p in ipairs(type(t.ask) == "table" and t.symbols and t.ask or {}) do
    if type(p) == "table" and p.kind then
      one_of(p.kind, ("%s.ask[%d].kind"):format(place, i), known, open, "kind")
    end
  end
  local controls = { "error", "rate-limit", "auth", "reconnect" }
  for _, m in ipairs(t.messages or {}) do controls[#controls + 1] = m.control end
  for _, k in ipairs(kinds.keys(t.errors or {})) do
    one_of(k, place .. ".errors", controls, false, "'control' in any rule that is called")
  end
end

-- Keys that do not go together, or say nothing without another one.
local function beside(t, place)
  if t.inside and (t.packed or (t.split and t.split ~= "[]")) then
    fail(place .. ".inside", "it does not go together with '%s'", t.packed and "packed" or "split")
  end
  local front = t.prefix
  for _, text in ipairs(type(front) == "table" and front or { front }) do
    if text == "" then fail(place .. ".prefix", "an empty text stands in front of everything") end
  end
end

function M.check(t, place)
  beside(t, place)
  names(t, place)
end

return M
