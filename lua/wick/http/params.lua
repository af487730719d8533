-- SPDX-License-Identifier: Apache-2.0
-- Query parameters by declaration: a table says which there are and what each allows; anything
-- else is refused by name. The tables below are what an OpenAPI description is made from later.
local nearest = require "wick.nearest"
local problem = require "wick.http.problem"
local uri = require "wick.http.uri"

local M = {}

local function words(text)
  local out = {}
  for w in text:gmatch "%S+" do out[#out + 1] = w end
  return out
end

M.columns = words [[time open high low close volume quote_volume trades vwap closed complete method
  rev market symbol interval prev_close buy_volume sell_volume close_time first_time last_time
  first_id last_id digest]]

-- Checks return the value, or nil, what is allowed, and perhaps a code of their own.
local checks = {}

function checks.text(text)
  if text == "" or #text > 200 then return nil, "1 to 200 bytes" end
  return text
end

-- What `next` gave: longer than a name may be, as it holds one.
function checks.cursor(text)
  if text == "" or #text > 2048 then return nil, "what `next` gave, unchanged" end
  return text
end

-- choices that are served; `later` names those that are planned.
function checks.choice(text, p)
  for _, c in ipairs(p.choices) do if c == text then return text end end
  local allowed = table.concat(p.choices, ", ")
  for _, c in ipairs(p.later or {}) do
    if c == text or c == "*" then return nil, allowed, "not-implemented" end
  end
  return nil, allowed .. nearest.hint(text, p.choices)
end

function checks.bool(text)
  if text == "true" or text == "false" then return text end
  return nil, "true, false"
end

function checks.int(text, p)
  local n = text:match "^%d+$" and #text <= 9 and tonumber(text)
  if not n or n < p.min or n > p.max then return nil, ("%d to %d"):format(p.min, p.max) end
  return n
end

function checks.columns(text)
  local seen, out = {}, {}
  for name in (text .. ","):gmatch "([^,]*)," do
    local known
    for _, c in ipairs(M.columns) do known = known or c == name end
    if not known then
      return nil, table.concat(M.columns, ", ") .. nearest.hint(name, M.columns)
    end
    if seen[name] then return nil, "each column once" end
    seen[name], out[#out + 1] = true, name
  end
  return out
end

local list = {
  { "symbol", "text" }, { "exchange", "text" }, { "base", "text" }, { "quote", "text" },
  { "interval", "text" },
  { "kind", "choice", choices = { "time" }, later = { "tick", "volume", "value" } },
  { "start", "text" }, { "end", "text" },
  { "time_unit", "choice", choices = { "s", "ms", "us", "ns" } },
  { "limit", "int", min = 1, max = 10000 },
  { "order", "choice", choices = { "asc", "desc" } },
  { "cursor", "cursor" },
  { "partial", "bool" },
  { "fill", "choice", choices = { "none" }, later = { "null", "prev", "zero" } },
  { "fill_missing", "choice", choices = { "false" }, later = { "true" } },
  { "quality", "choice", choices = { "any" }, later = { "complete" } },
  { "columns", "columns" },
  { "shape", "choice", choices = { "objects", "rows", "columns" } },
  { "numbers", "choice", choices = { "number", "string" } },
  { "tz", "choice", choices = { "UTC" }, later = { "*" } },
  { "origin", "choice", choices = {}, later = { "*" } },
  { "as_of", "choice", choices = { "now" }, later = { "*" } },
  { "wait", "choice", choices = { "0" }, later = { "*" } },
  { "format", "choice", choices = { "json", "ndjson", "csv" }, later = { "arrow" } },
  { "arrow_numbers", "choice", choices = {}, later = { "*" } },
}
for _, p in ipairs(list) do p.check = checks[p[2]] end

-- /ohlcv keeps the platform's first names beside these.
local original = { { "startDate", "text", as = "start" }, { "endDate", "text", as = "end" } }
for _, p in ipairs(original) do p.check = checks[p[2]] end

-- Names of other APIs, and what they are called here.
local foreign = { timeframe = "interval", since = "start", startTime = "start", endTime = "end",
  from = "start", to = "end", until_ = "end", pair = "symbol", market = "symbol", size = "limit" }
foreign["until"], foreign.until_ = "end", nil

local function table_of(...)
  local out = { names = {} }
  for _, part in ipairs { ... } do
    for _, p in ipairs(part) do
      out[p[1]], out.names[#out.names + 1] = p, p[1]
    end
  end
  return out
end

M.v1, M.original, M.none = table_of(list), table_of(list, original), table_of()

local function unknown(t, name)
  local near = t[foreign[name]] and foreign[name]
  local hint = near and ("; did you mean '%s'?"):format(near) or nearest.hint(name, t.names)
  return { code = "unknown-parameter", param = name,
    detail = ("there is no parameter '%s'%s"):format(problem.clip(name, 60), hint),
    allowed = #t.names > 0 and table.concat(t.names, ", ") or "no parameters" }
end

local function shown(text) return problem.clip(text, 60) end

local function check(p, name, value)
  local v, allowed, code = p.check(value, p)
  if v ~= nil then return v end
  local says = code and "%s=%s is not available yet" or "%s '%s' is not allowed"
  return nil, { code = code or "invalid-parameter", param = name, value = value, allowed = allowed,
    detail = says:format(name, shown(value)) }
end

-- The raw query by a table of parameters: values by name; or nil and a mistake { code, param,
-- value, detail, allowed }.
function M.parse(t, query)
  local pairs_list, name, why = uri.query(query)
  if not pairs_list then
    return nil, { code = "invalid-parameter", param = name,
      detail = ("parameter '%s' %s"):format(shown(name), why) }
  end
  local values = {}
  for _, pair in ipairs(pairs_list) do
    local p = t[pair[1]]
    if not p or pair[1] == "names" then return nil, unknown(t, pair[1]) end
    local key = p.as or p[1]
    if values[key] ~= nil then
      return nil, { code = "invalid-parameter", param = pair[1], value = pair[2],
        detail = ("'%s' is given twice"):format(key), allowed = "once" }
    end
    local value, mistake = check(p, pair[1], pair[2])
    if value == nil then return nil, mistake end
    values[key] = value
  end
  return values
end

return M
