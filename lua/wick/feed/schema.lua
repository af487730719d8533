-- SPDX-License-Identifier: Apache-2.0
-- What a feed table may hold. scripts/feeds/README.md explains every key by example; here each
-- has its check.
local kinds = require "wick.feed.kinds"
local sense = require "wick.feed.sense"
local fields_of = require "wick.feed.fields"
local M = {}

local fail, some, list, map, record = kinds.fail, kinds.some, kinds.list, kinds.map, kinds.record
local text, name, int, choice, scalar, boolean =
  kinds.text, kinds.name, kinds.int, kinds.choice, kinds.scalar, kinds.boolean
local a_path, field, fields, by_symbol, unit =
  fields_of.path, fields_of.field, fields_of.all, fields_of.by_symbol, fields_of.unit
local plain_path = a_path(0)

-- ---- messages -----------------------------------------------------------------------------------

local kind_name = choice("object", "array", "string", "number", "bool", "null", "scalar")
local test = record { is = some(scalar), no = some(scalar), prefix = some(text),
  suffix = some(text),
  contains = some(text), present = boolean, kind = some(kind_name), bound = name }
local values = list(scalar)

local function condition(v, place)
  if type(v) ~= "table" then return scalar(v, place) end
  if #v > 0 then return values(v, place) end
  test(v, place)
  if next(v) == nil then fail(place, "it tests nothing") end
end

local function when(v, place)
  if type(v) ~= "table" then fail(place, "a table of paths and what must stand there is wanted") end
  if next(v) == nil then fail(place, "it tests nothing; leave it out to take every message") end
  for _, k in ipairs(kinds.keys(v)) do
    local at = type(k) == "number" and ("%s[%s]"):format(place, tostring(k))
      or ("%s.%s"):format(place, tostring(k))
    plain_path(k, at)
    condition(v[k], at)
  end
end

local binding = record({ key = plain_path, as = name }, { "key" })
local order_name = choice("oldest", "newest")
local message_rows = {
  payload = name, when = when, any = list(when, 100), where = when, trades = a_path(3),
    order = some(order_name, 3), fields = fields,
  snapshot = function(v, place)
    if v ~= true and v ~= "first" then
      fail(place, "true or 'first' is wanted, not %s; a value that marks older trades is told by "
        .. "'fields.snapshot'", kinds.shown(v))
    end
  end,
  control = name, time = fields_of.time(), bind = binding, unbind = binding,
  answer = text, optional = boolean,
}
local several = field { key = int(1, 3), bound = name, [1] = a_path(3) }
message_rows.symbol = function(v, place)
  if type(v) == "table" then several(v, place) else a_path(3)(v, place) end
end
local message_check = record(message_rows, { "payload" })

local function message(v, place)
  message_check(v, place)
  if not v.fields and (v.trades or v.order or v.snapshot or v.where or v.optional) then
    fail(place, "'fields' is missing")
  end
  if not v.control and (v.symbol or v.time or v.bind or v.unbind or v.answer) then
    fail(place, "'control' is missing")
  end
  if v.bind and not v.symbol then
    fail(place .. ".bind", "it binds the 'symbol' of this message, which is missing")
  end
end

local csv_check = record({ payload = name, fields = fields, order = choice("oldest", "newest",
  "any"),
  columns = int(1, 1000), has = list(text, 30) }, {})

local function csv(v, place)
  csv_check(v, place)
  if not v.fields and not v.has then
    fail(place, "'fields', or 'has' with the columns that tell it, is missing")
  end
  if v.columns and not v.fields then
    fail(place, "'columns' is for forms without a header that have 'fields'")
  end
end

-- ---- the whole ----------------------------------------------------------------------------------

local coin = function(v, place)
  text(v, place)
  if not v:match "^[^%c%s%-:]+$" or #v > 40 then
    fail(place, "a currency's code is wanted, not '%s'", v)
  end
end

local PLACES = { base = true, quote = true, pair = true, venue = true, date = true, strike = true,
  kind = true, any = true }
local function pattern_text(v, place, seen)
  text(v, place)
  local fixed, last = seen, {}
  seen = {}
  for from, inner, to in v:gmatch "(){([^}]*)}()" do
    local word = inner:match "^(%a+)$" or inner:match "^(%a+):[1-9]$"
      or (inner == "date:DDMMYY" and "date")
    if not PLACES[word or ""] then
      fail(place, "'{%s}' is none of {base} {quote} {pair} {venue} {date} {strike} {kind} {any}, "
        .. "{base:3} or {date:DDMMYY}", inner)
    end
    if seen[word] then fail(place, "'{%s}' stands twice in '%s'", word, v) end
    if fixed[word] or (word == "pair" and (fixed.base or fixed.quote)) then
      fail(place, "'{%s}' beside a fixed 'base' or 'quote' in '%s'", word, v)
    end
    local open = word ~= "date" and not inner:find(":", 1, true)
    if open and last.open == from then
      fail(place, "nothing separates the parts of '%s': say how long one is, as in {base:3}, "
        .. "or use {pair} with 'quotes'", v)
    end
    last.open = open and to
    seen[word] = true
  end
  for word in pairs(fixed) do seen[word] = fixed[word] or seen[word] end
  return seen
end

local function whole_pattern(v, place, seen)
  seen = pattern_text(v, place, seen or {})
  if not (seen.pair or (seen.base and seen.quote)) then
    fail(place, "{base} and {quote}, or {pair}, are wanted in '%s'", v)
  end
end

local function pattern(v, place)
  if type(v) ~= "table" then return whole_pattern(v, place) end
  record({ text, kind = name, where = scalar, base = coin, quote = coin }, { 1 })(v, place)
  whole_pattern(v[1], place, { base = v.base ~= nil or nil, quote = v.quote ~= nil or nil })
end

-- How a market is asked for: patterns as in `symbols`, in small letters too.
local function asking(v, place)
  text(v, place)
  for inner in v:gmatch "{([^}]*)}" do
    local word = inner:gsub("_lower$", "")
    if not PLACES[word] or word == "any" or word == "strike" then
      fail(place, "'{%s}' is none of {base} {quote} {pair} {venue} {date} {kind}, "
        .. "or in small letters {base_lower}", inner)
    end
  end
end

local function ask(v, place)
  if type(v) ~= "table" then return asking(v, place) end
  local rows = { coins = map(coin) }
  for i in ipairs(v) do
    rows[i] = function(p, at)
      if type(p) ~= "table" then return asking(p, at) end
      record({ asking, kind = name, base = coin, quote = coin }, { 1 })(p, at)
    end
  end
  record(rows, { 1 })(v, place)
end

local action = choice("stop", "wait", "reconnect", "drop", "ignore")
local send = record({ send = text, item = text, separator = text, at_most = int(1, 100000),
  every = kinds.seconds },
  { "send" })
local function send_or_text(v, place)
  if type(v) == "table" then send(v, place) else text(v, place) end
end

local whole = record {
  name = name, venue = function(v, place)
    text(v, place)
    if not v:match "^[%w.]+$" then
      fail(place, "letters, digits and dots are wanted, not '%s'", v)
    end
  end,
  extends = name, about = text,
  url = some(text), headers = map(text), key = record { header = text, query = text },
  subscribe = send_or_text, unsubscribe = send_or_text,
  ping = record({ every = kinds.seconds, send = text }, { "every", "send" }),
  heartbeat = record({ timeout = kinds.seconds }, { "timeout" }),
  errors = map(action),
  history = record({ url = text, rows = plain_path, limit = int(1, 100000),
    direction = choice("back", "forward"),
    cursor = choice("time", "id", "page"), unit = unit, inclusive = boolean, extra_row = boolean,
    order = choice("oldest", "newest"), stop = choice("empty", "zeros", "short"),
    fields = map(plain_path),
    interval = map(scalar), kind = choice("candles", "trades") }, { "url" }),
  repeats = int(0, 100000), quantity = by_symbol(choice("base", "quote", "contracts")),
  open = choice("first", "previous"),
  ids = choice("ordered", "unordered", "none"), compression = choice("auto", "gzip", "zlib",
    "deflate", "none"),
  split = text, case = choice("upper", "keep"),
  packed = record({ separator = text, forms = list(record({ when = text, names = list(name, 255),
    mask = list(name, 63) },
    { "names" }), 250) }, { "separator", "forms" }),
  symbols = list(pattern, 1000), ask = ask, quotes = list(coin), aliases = map(coin),
  kinds = map(function(v, place)
    if v ~= "" then name(v, place) end
  end),
  messages = list(message, 250), csv = list(csv, 100),
}

local DEFAULTS = { repeats = 0, quantity = "base", open = "first", compression = "auto",
  case = "upper" }

-- The table with its defaults, or nil and "place: why".
function M.check(t, place)
  local ok, err = kinds.run(function(v, at)
    whole(v, at)
    if not v.venue then
      fail(at, "'venue' is missing: its name in markets, as in Kraken:BTC-EUR")
    end
    if not v.messages and not v.csv then
      fail(at, "'messages' or 'csv' is missing: it would decode nothing")
    end
    if v.ids == nil then fail(at, "'ids' is missing: ordered, unordered or none") end
    sense.check(v, at)
  end, t, place)
  if not ok then return nil, err end
  for k, v in pairs(DEFAULTS) do
    if t[k] == nil then t[k] = v end
  end
  return t
end

return M
