-- SPDX-License-Identifier: Apache-2.0
-- Which sources there are, and which market is heard from which: the settings `sources` and
-- `markets` as a plan. The first source that knows a market's venue has it, unless `markets` names
-- another.
local nearest = require "wick.nearest"

local M = {}

-- A comma inside a simulator's markets=A:B-C,D:E-F does not end its item.
local function rejoin(list)
  local out = {}
  for _, item in ipairs(list) do
    local last = out[#out]
    if last and last:match "^sim:.*markets=[^&]*$" and item:match "^[^@/?]+:[^@/?]+%-" then
      out[#out] = last .. "," .. item
    else
      out[#out + 1] = item
    end
  end
  return out
end

-- One item of `sources`: { kind = "sim" | "file" | "feed", feed, url, path, market, source }; that
-- is its name in the log: a recording brings the same trades as its feed itself.
function M.parse(item)
  if item:match "^sim:" then
    return { kind = "sim", name = "sim", source = "sim", feed = "cryptocompare", url = item }
  end
  local feed, rest = item:match "^([^@]+)@(.+)$"
  if feed then
    local path, query = rest:match "^(.-)%?(market=.*)$"
    return { kind = "file", name = feed, source = feed, feed = feed, path = path or rest,
      market = query and query:match "^market=([^&]*)$" }
  end
  return { kind = "feed", name = item, source = item, feed = item }
end

-- With neither a key nor an address CryptoCompare is the simulator.
local function stand_in(source, c, notes)
  if source.kind ~= "feed" or source.feed ~= "cryptocompare" then return source end
  if c:given "cryptocompare.key" or c:given "cryptocompare.ws_url" then return source end
  notes[#notes + 1] = "no CryptoCompare key and no address is set: the source is wick's own "
    .. "simulator, sim: (its trades are made up); set CRYPTOCOMPARE_API_KEY for real ones"
  local sim = M.parse "sim:"
  sim.asked = "cryptocompare"
  return sim
end

-- "Kraken:BTC-EUR.PERP" to its parts; nil: not the name of a market.
function M.market(name)
  local venue, base, quote, kind = name:match "^([^:%s]+):([^%-%s]+)%-([^.%s]+)%.?(%S*)$"
  if venue then return { name = name, venue = venue, base = base, quote = quote, kind = kind } end
  local any, whole = name:match "^([^:%s]+):(%S+)$"
  return any and { name = name, venue = any, base = whole, quote = "", kind = "" }
end

local function pattern_of(p)
  if type(p) == "table" then return p[1], p.kind or "" end
  return p, ""
end

-- Whether a feed's symbols say their venue themselves, so that it knows every one.
local function any_venue(t)
  for _, p in ipairs(t.symbols or {}) do
    if pattern_of(p):find("{venue}", 1, true) then return true end
  end
  return false
end

-- What the venue calls a coin: `coins` of `ask`, or aliases turned round; the first in order of
-- their names.
local function own_coin(t, coin)
  local coins = type(t.ask) == "table" and t.ask.coins
  if coins then return coins[coin] or coin end
  local names = {}
  for own, canonical in pairs(t.aliases or {}) do
    if canonical == coin then names[#names + 1] = own end
  end
  table.sort(names)
  return names[1] or coin
end

-- Whether a pattern is of the kind of the market, and of its currency where it leaves one out.
local function of_kind(t, p, m)
  local text, kind = pattern_of(p)
  if text:find("{any}", 1, true) or text:find("{strike}", 1, true) then return false end
  for _, side in ipairs { "base", "quote" } do
    local fixed = type(p) == "table" and p[side]
    if fixed and ((t.aliases or {})[fixed] or fixed) ~= m[side] then return false end
  end
  if text:find "{date" then
    return t.ask and text:find("{date}", 1, true) and m.kind:match "^%d%d%d%d%d%d$" ~= nil
  end
  return kind == m.kind or (m.kind ~= "" and text:find("{kind}", 1, true) ~= nil)
end

-- The pattern filled in; nil: a part has not the width that it wants.
local function spelt(text, parts)
  local good = true
  local out = text:gsub("{([%a_]+):?(%d*)}", function(name, width)
    local part = parts[name] or (parts[name:gsub("_lower$", "")] or ""):lower()
    good = good and (width == "" or #part == tonumber(width))
    return part
  end)
  return good and out or nil
end

-- The venue's own spelling of a market: by the first pattern of `ask`, else of `symbols`, that is
-- of its kind; nil: none fits.
function M.symbol(t, m)
  local base, quote = own_coin(t, m.base), own_coin(t, m.quote)
  local parts = { base = base, quote = quote, pair = base .. quote, venue = m.venue,
    kind = m.kind, date = m.kind }
  local patterns = t.ask or t.symbols
  for _, p in ipairs(type(patterns) == "string" and { patterns } or patterns or {}) do
    local text = of_kind(t, p, m) and spelt((pattern_of(p)), parts)
    if text then return text end
  end
  return not patterns and m.base .. m.quote or nil
end

local function knows(source, m)
  return source.any or source.table.venue == m.venue
end

local function names_of(list)
  local out = {}
  for i, s in ipairs(list) do out[i] = s.asked or s.name end
  return out
end

local function bound(sources, wanted, m)
  for _, s in ipairs(sources) do
    if s.name == wanted or s.asked == wanted then
      if s.kind ~= "file" and not knows(s, m) then
        return nil, ("markets: the source '%s' does not know %s"):format(wanted, m.name)
      end
      return s
    end
  end
  return nil, ("markets: %s=%s: no source '%s' in sources%s"):format(m.name, wanted, wanted,
    nearest.hint(wanted, names_of(sources)))
end

-- The source of a market, or nil and why there is none.
local function choose(sources, entry, m)
  if entry.source then return bound(sources, entry.source, m) end
  for _, s in ipairs(sources) do
    if s.kind ~= "file" and knows(s, m) then return s end
  end
  local venues = {}
  for _, s in ipairs(sources) do venues[#venues + 1] = s.table.venue end
  return nil, ("markets: no source knows the venue of %s%s"):format(m.name,
    nearest.hint(m.venue, venues))
end

local function own(sources, s, pattern)
  table.insert(sources.owners, s.source .. "=" .. pattern)
end

local function assign(sources, c)
  local files_only = true
  for _, s in ipairs(sources) do files_only = files_only and s.kind == "file" end
  if files_only then                        -- recordings bring the markets that they hold
    for _, entry in ipairs(c:markets()) do
      local s = entry.source and bound(sources, entry.source, M.market(entry.name))
      if s then own(sources, s, entry.name) end
    end
    return true
  end
  for _, entry in ipairs(c:markets()) do
    local m = M.market(entry.name)
    if not m then
      return nil, ("markets: '%s': allowed is VENUE:BASE-QUOTE, like Coinbase:BTC-USD"):format(
        entry.name)
    end
    local s, why = choose(sources, entry, m)
    if not s then return nil, why end
    own(sources, s, m.name)
    if s.kind ~= "file" then
      m.text, m.pair = M.symbol(s.table, m), m.base .. m.quote
      m.pair_lower = m.pair:lower()
      if not m.text then
        return nil, ("markets: %s: %s has no symbol of that kind"):format(m.name, s.name)
      end
      s.markets[#s.markets + 1] = m
    end
  end
  return true
end

-- c: settings; load(name): a feed table, or nil and why. The plan: a list of sources, each with its
-- table and markets, who owns which market (`owners`, "SOURCE=MARKET"), and `notes` for people. nil
-- and what is wrong.
function M.plan(c, load)
  local sources, notes, used = { owners = {} }, {}, {}
  for _, item in ipairs(rejoin(c:list "sources")) do
    local s = stand_in(M.parse(item), c, notes)
    local t, why = load(s.feed)
    if not t then return nil, ("sources: '%s': %s"):format(item, why) end
    s.item, s.table, s.any, s.markets = item, t, any_venue(t), {}
    used[s.name] = (used[s.name] or 0) + 1
    if used[s.name] > 1 then s.name = s.name .. "#" .. used[s.name] end
    sources[#sources + 1] = s
  end
  if #sources == 0 then return nil, "sources: there is none" end
  local ok, why = assign(sources, c)
  if not ok then return nil, why end
  for _, s in ipairs(sources) do    -- what no setting names is of the first recording of its venue
    local venue = s.table.venue
    if s.kind == "file" then
      own(sources, s, not s.any and type(venue) == "string" and venue .. ":" or "")
    end
    s.owners = sources.owners
  end
  sources.notes = notes
  return sources
end

return M
