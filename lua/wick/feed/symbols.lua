-- SPDX-License-Identifier: Apache-2.0
-- What a feed table may say of symbols: the patterns by which they become markets, and those by
-- which wick asks for a market.
local kinds = require "wick.feed.kinds"
local M = {}

local fail, map, record = kinds.fail, kinds.map, kinds.record
local text, name, choice, scalar = kinds.text, kinds.name, kinds.choice, kinds.scalar

local function coin(v, place)
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

M.coin = coin
M.quantity = choice("base", "quote", "contracts")

function M.pattern(v, place)
  if type(v) ~= "table" then return whole_pattern(v, place) end
  record({ text, kind = name, where = scalar, base = coin, quote = coin,
    quantity = M.quantity }, { 1 })(v, place)
  whole_pattern(v[1], place, { base = v.base ~= nil or nil, quote = v.quote ~= nil or nil })
end

-- How a market is asked for: patterns as in `symbols`, in small letters too.
local function asking(v, place)
  local some = false
  text(v, place)
  for inner in v:gmatch "{([^}]*)}" do
    local word = inner:gsub("_lower$", "")
    if not PLACES[word] or word == "any" or word == "strike" then
      fail(place, "'{%s}' is none of {base} {quote} {pair} {venue} {date} {kind}, "
        .. "or in small letters {base_lower}", inner)
    end
    some = some or word == "base" or word == "pair"
  end
  if not some then fail(place, "{base} or {pair} is missing: it would ask for '%s' always", v) end
end

function M.ask(v, place)
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

return M
