-- SPDX-License-Identifier: Apache-2.0
-- A checked feed table to the plan text that C reads (src/decode/plan.c): lines of a word and
-- encoded arguments.
local kinds = require "wick.feed.kinds"
local path = require "wick.feed.path"
local write = require "wick.feed.write"
local M = {}

local keys, as_list, one, fields = kinds.keys, write.as_list, write.one, write.fields
local longest_first = write.longest_first

-- ---- rules --------------------------------------------------------------------------------------

local OPS = { { "is", "is" }, { "no", "not" }, { "prefix", "prefix" }, { "suffix", "suffix" },
  { "contains", "contains" },
  { "kind", "kind" } }

local function test(put, put_path, at, v, line)
  if type(v) ~= "table" or #v > 0 then v = { is = v } end
  for _, op in ipairs(OPS) do
    if v[op[1]] ~= nil then
      put_path(line, at, false, op[2])
      for _, value in ipairs(as_list(v[op[1]])) do put("value", value) end
    end
  end
  if v.present ~= nil then put_path(line, at, false, v.present and "present" or "absent") end
  if v.bound then put_path(">bound", at, false, "bound", v.bound) end
end

local function tests(put, put_path, when, line)
  for _, at in ipairs(keys(when)) do test(put, put_path, at, when[at], line or ">when") end
end

local function conditions(put, put_path, m, preset)
  tests(put, put_path, m.when or {})
  local symbol = m.fields and m.fields.symbol
  -- a key that no message bound is no trade of ours; one that stands in each trade is told there
  if type(symbol) == "table" and symbol.bound and not preset[symbol.bound] then
    local p = tostring(symbol[1] or "^")
    local alone = not m.trades or m.trades == "."
    if p:find "^[$@][.%[]" or (alone and p:sub(1, 1) ~= "^") then
      put_path(">bound", symbol[1], false, "bound", symbol.bound)
      write.cuts(put, symbol)
    end
  end
  for _, when in ipairs(m.any or {}) do
    put "any"
    tests(put, put_path, when)
  end
end

local function trades(put, put_path, m)
  tests(put, put_path, m.where or {}, ">where")
  put_path(">trades", m.trades or ".")
  if m.optional then put "optional" end
  for level = 1, 3 do
    local order = type(m.order) == "table" and m.order[level] or m.order
    if order == "newest" and (type(m.order) == "table" or level == math.max(1,
      path.levels(m.trades or "."))) then
      put("order", level - 1, order)
    end
  end
  if m.snapshot then put("snapshot", m.snapshot == "first" and "first" or "always") end
  fields(put, put_path, m.fields, true)
end

-- The key stands beside the symbol: in the same element of a list, or of the whole message.
local function bind(put, put_word, line, spec, symbol)
  if not spec then return end
  local key, word, err = spec.key, ".", nil
  local each = type(symbol) == "table" and symbol[1] or type(symbol) ~= "table" and symbol
  if type(key) == "table" then
    key = nil
  elseif each and path.levels(each) > 0 then
    word, err = path.beside(each, key)
  else
    word, err = path.compile(key)
  end
  if not word then error({ place = "path", why = err }, 0) end
  put_word(line, word, spec.as or "symbols")
  if not key then put("bindmember", spec.key.key) end
end

local function control(put, put_path, put_word, m)
  put("control", m.control)
  local symbol = m.symbol
  if symbol ~= nil then
    local spec = type(symbol) == "table" and symbol or { symbol }
    local each = spec[1]
    if each and path.levels(each) > 0 then              -- it names several: walk to each of them
      put_path(">named", each)
      local own = {}
      for k, v in pairs(spec) do own[k] = v end
      if not own.key then own[1] = "." else own[1] = nil end
      spec = own
    end
    one(put, put_path, "about", spec, false)
  end
  if m.time then one(put, put_path, "at", m.time, false) end
  bind(put, put_word, ">bind", m.bind, symbol)
  bind(put, put_word, ">unbind", m.unbind, symbol)
end

local function message(put, put_path, put_word, m, preset)
  put("rule", m.payload)
  conditions(put, put_path, m, preset)
  if m.control then control(put, put_path, put_word, m) end
  if m.fields then trades(put, put_path, m) end
end

-- A CSV's fields are columns: a text is one name, dots and brackets in it mean nothing.
local function column(p)
  return type(p) == "string" and p:gsub("[\\%.%[%]{}^$@]", "\\%0") or p
end

local function columns(spec)
  if type(spec) ~= "table" then return column(spec) end
  local out = {}
  for k, v in pairs(spec) do out[k] = v end
  out[1] = column(spec[1])
  if spec.first then out.first, out.last = column(spec.first), column(spec.last) end
  if spec.plus then
    out.plus = { column(spec.plus[1]), unit = spec.plus.unit, optional = spec.plus.optional }
  end
  if spec.join then
    out.join = {}
    for i, p in ipairs(spec.join) do out.join[i] = column(p) end
  end
  return out
end

local function csv(put, put_path, form)
  put("csv", form.payload or (form.fields and "trade" or "other"))
  for _, c in ipairs(form.has or {}) do put_path(">when", column(c), false, "present") end
  if form.columns then put("columns", form.columns) end
  if form.order == "newest" then put("order", 0, "newest") end
  if form.fields then
    local all = {}
    for k, v in pairs(form.fields) do all[k] = columns(v) end
    fields(put, put_path, all, false)
  end
end

-- Trades begin in 1971: a time up to 2200 that is read in a unit 1000 times too fine lies before.
local SINCE = 31536000

-- ---- the whole ----------------------------------------------------------------------------------

local function names(put, t)
  for _, q in ipairs(longest_first(t.quotes or {})) do put("quote", q) end
  for _, k in ipairs(keys(t.aliases or {})) do put("alias", k, t.aliases[k]) end
  for _, k in ipairs(keys(t.kinds or {})) do put("kind", k, t.kinds[k]) end
  for _, p in ipairs(t.symbols or {}) do
    p = type(p) == "table" and p or { p }
    put("pattern", p[1], p.kind or "", p.where == nil and "" or p.where)
    if p.base then put("patternbase", p.base) end
    if p.quote then put("patternquote", p.quote) end
  end
end

local function packed(put, p)
  if not p then return end
  put("packed", p.separator)
  for _, form in ipairs(p.forms) do
    put("pack", form.when or "")
    for _, n in ipairs(form.names) do put("packname", n) end
    for _, n in ipairs(form.mask or {}) do put("packmask", n) end
  end
end

-- Texts that are opened before any rule looks at the message.
local function inside(put, put_path, list)
  local single = type(list) ~= "table" or list.base64 or list.compression or list.split
  for _, spec in ipairs(single and { list } or list) do
    spec = type(spec) == "table" and spec or { spec }
    put_path(">inside", spec[1])
    if spec.base64 then put("undo", "base64") end
    if spec.compression then put("undo", spec.compression) end
    if spec.split then put("cut", spec.split) end
  end
end

local function whole(t)
  local out, put, put_path, put_word = write.writer()
  put("wick-plan", 1)
  put("name", t.name or "feed")
  put("venue", t.venue)
  put("ids", t.ids)
  put("open", t.open)
  put("case", t.case)
  put("compression", t.compression)
  put("repeats", t.repeats)
  put("since", SINCE)
  if t.split == "[]" then put "listed" elseif t.split then put("split", t.split) end
  names(put, t)
  packed(put, t.packed)
  for _, text in ipairs(as_list(t.prefix)) do put("front", text) end
  inside(put, put_path, t.inside)
  for _, name in ipairs(keys(t.bound or {})) do
    for _, key in ipairs(keys(t.bound[name])) do put("preset", name, key, t.bound[name][key]) end
  end
  for _, m in ipairs(t.messages or {}) do message(put, put_path, put_word, m, t.bound or {}) end
  for _, form in ipairs(t.csv or {}) do csv(put, put_path, form) end
  return table.concat(out, "\n") .. "\n"
end

function M.text(t)
  local ok, result = pcall(whole, t)
  if ok then return result end
  if type(result) == "table" and result.why then
    return nil, ("%s: %s"):format(t.name or "feed", result.why)
  end
  error(result, 0)
end

return M
