-- SPDX-License-Identifier: Apache-2.0
-- What a feed table may hold. scripts/feeds/README.md explains every key by example; here each
-- has its check.
local kinds = require "wick.feed.kinds"
local sense = require "wick.feed.sense"
local fields_of = require "wick.feed.fields"
local symbols = require "wick.feed.symbols"
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
  if next(v) == nil then fail(place, "it tests nothing") end
  test(v, place)
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

local member = record({ key = int(1, 3) }, { "key" })
local binding = record({ key = function(v, place)
  if type(v) == "table" then member(v, place) else a_path(3)(v, place) end
end, as = name }, { "key" })
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
local several = field({ key = int(1, 3), bound = name, [1] = a_path(3) }, nil, true)
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

-- ---- what stands inside of texts ----------------------------------------------------------------

local compression = choice("auto", "gzip", "zlib", "deflate", "none")
local text_rows = { [1] = a_path(3), base64 = boolean, compression = compression, split = text }
local text_check = record(text_rows, { 1 })

local function inside_one(v, place)
  if type(v) ~= "table" then v = { v } end
  text_check(v, place)
  if tostring(v[1]):find "^[$^@]" then fail(place, "the path begins at the message: leave '%s' out",
    tostring(v[1]):sub(1, 1)) end
  if v.compression and not v.base64 then
    fail(place, "'base64 = true' is missing: a text holds no compressed bytes as they are")
  end
  if v.split and v.base64 then fail(place, "either 'split' or 'base64'") end
  if v.split == "" then fail(place .. ".split", "what stands between the parts is wanted") end
end

local function inside(v, place)
  if type(v) ~= "table" or v.base64 or v.compression or v.split then return inside_one(v, place) end
  list(inside_one, 8)(v, place)
end

-- ---- the whole ----------------------------------------------------------------------------------

local action = choice("stop", "wait", "reconnect", "drop", "ignore")
local send = record({ send = text, item = text, separator = text, at_most = int(1, 100000),
  every = kinds.seconds },
  { "send" })
local function send_or_text(v, place)
  if type(v) == "table" then send(v, place) else text(v, place) end
end

local function with_key(v, place)
  text(v, place)
  if not v:find("{key}", 1, true) then fail(place, "'{key}' is missing: where the key goes") end
end

local function interval(v, place)
  map(scalar)(v, place)
  for _, k in ipairs(kinds.keys(v)) do
    if not k:match "^%d+[smhdwM]$" then
      fail(place, "an interval like 1m, 1h or 1d is wanted, not '%s'", k)
    end
  end
end

local row = {}
for _, k in ipairs { "time", "open", "high", "low", "close", "volume", "quote_volume", "trades",
  "symbol", "id", "price", "qty", "side" } do row[k] = plain_path end

local whole = record {
  name = name, venue = function(v, place)
    text(v, place)
    if not v:match "^[%w.]+$" then
      fail(place, "letters, digits and dots are wanted, not '%s'", v)
    end
  end,
  extends = name, about = text,
  url = some(text), headers = map(text), key = record { header = with_key, query = with_key },
  subscribe = send_or_text, unsubscribe = send_or_text,
  ping = record({ every = kinds.seconds, send = text }, { "every", "send" }),
  heartbeat = record({ timeout = kinds.seconds }, { "timeout" }),
  errors = map(action),
  history = record({ url = text, rows = plain_path, limit = int(1, 100000),
    direction = choice("back", "forward"),
    cursor = choice("time", "id", "page"), unit = unit, inclusive = boolean, extra_row = boolean,
    order = choice("oldest", "newest"), stop = choice("empty", "zeros", "short"),
    fields = record(row), interval = interval, kind = choice("candles", "trades") }, { "url" }),
  repeats = int(0, 100000), quantity = by_symbol(symbols.quantity),
  open = choice("first", "previous"),
  ids = choice("ordered", "unordered", "none"), compression = compression, inside = inside,
  prefix = some(text, 64), bound = map(map(text)),
  split = function(v, place)
    if v ~= "\n" and v ~= "\r\n" then text(v, place) end
    if v == "" then fail(place, "what stands between the values is wanted") end
  end, case = choice("upper", "keep"),
  packed = record({ separator = text, forms = list(record({ when = text, names = list(name, 255),
    mask = list(name, 63) },
    { "names" }), 250) }, { "separator", "forms" }),
  symbols = list(symbols.pattern, 1000), ask = symbols.ask, quotes = list(symbols.coin),
  aliases = map(symbols.coin),
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
