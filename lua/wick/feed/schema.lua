-- SPDX-License-Identifier: Apache-2.0
-- What a feed table may hold. scripts/feeds/README.md explains every key by example; here each has its check.
local kinds = require "wick.feed.kinds"
local path = require "wick.feed.path"
local M = {}

local fail, some, list, map, record = kinds.fail, kinds.some, kinds.list, kinds.map, kinds.record
local text, name, int, choice, scalar, boolean =
  kinds.text, kinds.name, kinds.int, kinds.choice, kinds.scalar, kinds.boolean

local function a_path(levels)
  return function(v, place)
    local _, err = path.steps(v)
    if err then fail(place, "'%s' is no path: %s", tostring(v), err) end
    if path.levels(v) > levels then fail(place, "it has more than %d [] or {}", levels) end
  end
end
local plain_path = a_path(0)

local function decimal(v, place)
  text(v, place)
  if not (v:match "^%d+%.?%d*$" and v:match "[1-9]") then fail(place, "a decimal over 0 as text is wanted, not '%s'", v) end
end

-- One figure, or a figure by symbol: { BTCUSD = 4, ["s*"] = 8, default = 4 }
local function by_symbol(check)
  return function(v, place)
    if type(v) == "table" then map(check)(v, place) else check(v, place) end
  end
end

-- ---- fields -----------------------------------------------------------------------------------------

local PLACE = {                 -- keys that every field may have
  [1] = a_path(1), join = list(a_path(0), 4), with = text, prefix = some(text), suffix = some(text), optional = boolean,
}

-- How many ways to say where it is there may be, and whether the [] of columns may stand in it.
local function field(extra, alone)
  local rows = {}
  for k, v in pairs(PLACE) do rows[k] = v end
  for k, v in pairs(extra or {}) do rows[k] = v end
  local check = record(rows)
  return function(v, place)
    if type(v) ~= "table" then return PLACE[1](v, place) end
    check(v, place)
    local ways = (v[1] ~= nil and 1 or 0) + (v.join and 1 or 0) + (v.key and 1 or 0)
    if ways > 1 or (ways == 0 and not (alone and alone(v))) then
      fail(place, "a path as first element, 'join' or 'key' is wanted, one of them")
    end
  end
end

local unit = choice("s", "ms", "us", "ns", "iso")
local number_unit = choice("s", "ms", "us", "ns")
local function zone(v, place)
  text(v, place)
  local hours, minutes = v:match "^[+-](%d%d):(%d%d)$"
  if not hours or tonumber(hours) > 18 or tonumber(minutes) > 59 then fail(place, "an offset like +09:00 is wanted, not '%s'", v) end
end
local time_rows = { unit = unit, received = boolean, zone = zone }

local function time_field()
  local plus = record({ [1] = a_path(1), unit = number_unit, optional = boolean }, { 1, "unit" })
  local rows = { plus = plus }
  for k, v in pairs(time_rows) do rows[k] = v end
  local check = field(rows)
  return function(v, place)
    if type(v) ~= "table" then fail(place, "a table with a path and its unit is wanted: { 'T', unit = 'ms' }") end
    check(v, place)
    if not v.unit then fail(place, "'unit' is missing: s, ms, us, ns or iso") end
  end
end

local number_field = field { scale = by_symbol(int(-60, 60)), factor = by_symbol(decimal) }

local function amount(v, place)
  number_field(v, place)
  if type(v) == "table" then
    if v.join or v.key then fail(place, "a price or a quantity stands at one place: a path") end
    if v.scale and v.factor then fail(place, "either 'scale' or 'factor'") end
  end
end

local bits = record { buy = int(1, 4294967295), sell = int(1, 4294967295), unknown = int(1, 4294967295),
  reversed = int(1, 4294967295) }
local side_check = field({ buy = some(scalar), sell = some(scalar), unknown = some(scalar), bits = bits, sign = boolean,
  of = choice("taker", "maker") }, function(v) return v.sign end)

local function side_field(v, place)
  side_check(v, place)
  if type(v) ~= "table" or not (v.buy ~= nil or v.sell ~= nil or v.bits or v.sign) then
    fail(place, "how it is told is missing: 'buy' and 'sell' values, 'bits', or 'sign = true'")
  end
end

local count_check = field({ first = a_path(1), last = a_path(1) }, function(v) return v.first and v.last end)
local symbol_field = field { key = int(1, 3), bound = name }
local snapshot_check = field { is = some(scalar) }

local FIELDS = {
  symbol = symbol_field, venue = field { key = int(1, 3) }, kind = field { key = int(1, 3) }, time = time_field(),
  price = amount, qty = amount, side = side_field, id = field { key = int(1, 3) }, seq = field { order = boolean },
  count = count_check,
  snapshot = function(v, place)
    snapshot_check(v, place)
    if type(v) ~= "table" or v.is == nil then fail(place, "the value that marks a snapshot is missing: is = ...") end
  end,
}
local fields = record(FIELDS, { "time", "price", "qty" })

-- ---- messages ---------------------------------------------------------------------------------------

local kind_name = choice("object", "array", "string", "number", "bool", "null", "scalar")
local test = record { is = some(scalar), no = some(scalar), prefix = some(text), suffix = some(text),
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
    local at = type(k) == "number" and ("%s[%s]"):format(place, tostring(k)) or ("%s.%s"):format(place, tostring(k))
    plain_path(k, at)
    condition(v[k], at)
  end
end

local binding = record({ key = plain_path, as = name }, { "key" })
local order_name = choice("oldest", "newest")
local message_rows = {
  payload = name, when = when, any = list(when, 100), where = when, trades = a_path(3), order = some(order_name, 3), fields = fields,
  snapshot = function(v, place)
    if v ~= true and v ~= "first" then fail(place, "true or 'first' is wanted, not '%s'", tostring(v)) end
  end,
  control = name, time = time_field(), bind = binding, unbind = binding,
  answer = text,
}
local several = field { key = int(1, 3), bound = name, [1] = a_path(3) }
message_rows.symbol = function(v, place)
  if type(v) == "table" then several(v, place) else a_path(3)(v, place) end
end
local message_check = record(message_rows, { "payload" })

local function message(v, place)
  message_check(v, place)
  if not v.fields and (v.trades or v.order or v.snapshot or v.where) then fail(place, "'fields' is missing") end
  if not v.control and (v.symbol or v.time or v.bind or v.unbind or v.answer) then fail(place, "'control' is missing") end
  if v.bind and not v.symbol then fail(place .. ".bind", "it binds the 'symbol' of this message, which is missing") end
end

local csv_check = record({ payload = name, fields = fields, order = choice("oldest", "newest", "any"),
  columns = int(1, 1000), has = list(text, 30) }, {})

local function csv(v, place)
  csv_check(v, place)
  if not v.fields and not v.has then fail(place, "'fields', or 'has' with the columns that tell it, is missing") end
  if v.columns and not v.fields then fail(place, "'columns' is for forms without a header that have 'fields'") end
end

-- ---- the whole --------------------------------------------------------------------------------------

local coin = function(v, place)
  text(v, place)
  if not v:match "^[^%c%s%-:]+$" or #v > 40 then fail(place, "a currency's code is wanted, not '%s'", v) end
end

local PLACES = { base = true, quote = true, pair = true, venue = true, date = true, kind = true, any = true }
local function pattern_text(v, place, seen)
  text(v, place)
  seen = seen or {}
  for inner in v:gmatch "{([^}]*)}" do
    local word = inner:match "^(%a+)$" or inner:match "^(%a+):[1-9]$"
    if not PLACES[word or ""] then
      fail(place, "'{%s}' is none of {base} {quote} {pair} {venue} {date} {kind} {any}, or {base:3}", inner)
    end
    seen[word] = true
  end
  return seen
end

local function whole_pattern(v, place, seen)
  seen = pattern_text(v, place, seen)
  if not (seen.pair or (seen.base and seen.quote)) then fail(place, "{base} and {quote}, or {pair}, are wanted in '%s'", v) end
end

local function pattern(v, place)
  if type(v) ~= "table" then return whole_pattern(v, place) end
  record({ text, kind = name, where = scalar, base = coin, quote = coin }, { 1 })(v, place)
  whole_pattern(v[1], place, { base = v.base ~= nil, quote = v.quote ~= nil })
end

local action = choice("stop", "wait", "reconnect", "drop", "ignore")
local send = record({ send = text, item = text, separator = text, at_most = int(1, 100000), every = kinds.seconds },
  { "send" })
local function send_or_text(v, place)
  if type(v) == "table" then send(v, place) else text(v, place) end
end

local whole = record {
  name = name, venue = function(v, place)
    text(v, place)
    if not v:match "^[%w.]+$" then fail(place, "letters, digits and dots are wanted, not '%s'", v) end
  end,
  extends = name, about = text,
  url = some(text), headers = map(text), key = record { header = text, query = text },
  subscribe = send_or_text, unsubscribe = send_or_text,
  ping = record({ every = kinds.seconds, send = text }, { "every", "send" }),
  heartbeat = record({ timeout = kinds.seconds }, { "timeout" }),
  errors = map(action),
  history = record({ url = text, rows = plain_path, limit = int(1, 100000), direction = choice("back", "forward"),
    cursor = choice("time", "id", "page"), unit = unit, inclusive = boolean, extra_row = boolean,
    order = choice("oldest", "newest"), stop = choice("empty", "zeros", "short"), fields = map(plain_path),
    interval = map(scalar), kind = choice("candles", "trades") }, { "url" }),
  repeats = int(0, 100000), quantity = by_symbol(choice("base", "quote", "contracts")), open = choice("first", "previous"),
  ids = choice("ordered", "unordered", "none"), compression = choice("auto", "gzip", "zlib", "deflate", "none"),
  split = text, case = choice("upper", "keep"),
  packed = record({ separator = text, forms = list(record({ when = text, names = list(name, 255), mask = list(name, 63) },
    { "names" }), 250) }, { "separator", "forms" }),
  symbols = list(pattern, 1000), quotes = list(coin), aliases = map(coin), kinds = map(function(v, place)
    if v ~= "" then name(v, place) end
  end),
  messages = list(message, 250), csv = list(csv, 100),
}

local DEFAULTS = { repeats = 0, quantity = "base", open = "first", compression = "auto", case = "upper" }

-- The table with its defaults, or nil and "place: why".
function M.check(t, place)
  local ok, err = kinds.run(function(v, at)
    whole(v, at)
    if not v.venue then fail(at, "'venue' is missing: its name in markets, as in Kraken:BTC-EUR") end
    if not v.messages and not v.csv then fail(at, "'messages' or 'csv' is missing: it would decode nothing") end
    if v.ids == nil then fail(at, "'ids' is missing: ordered, unordered or none") end
  end, t, place)
  if not ok then return nil, err end
  for k, v in pairs(DEFAULTS) do
    if t[k] == nil then t[k] = v end
  end
  return t
end

return M
