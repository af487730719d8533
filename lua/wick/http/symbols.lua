-- SPDX-License-Identifier: Apache-2.0
-- From what people type to a market: canonical name, venue's own spelling, joined form (BTCUSD).
local nearest = require "wick.nearest"

local M = {}
local Symbols = {}
Symbols.__index = Symbols

-- "Coinbase:BTC-USD.PERP" to venue, base, quote, kind; base alone where the symbol fits no pattern.
function M.parts(name)
  local venue, rest = name:match "^([^:]*):(.*)$"
  if not venue then return nil end
  local base, quote, kind = rest:match "^([^%-.]+)%-([^.]+)%.?(.*)$"
  return venue, base or rest, quote, kind ~= "" and kind or nil
end

local function joined(text)
  return (text:gsub("[-_/.%s]", "")):lower()
end

function M.new()
  return setmetatable({ list = {}, by_name = {} }, Symbols)
end

-- A market that is known: its canonical name, and the venue's own spelling where that is known.
function Symbols:add(name, symbol)
  local row = self.by_name[name]
  if not row then
    row = { name = name }
    self.by_name[name] = row
    self.list[#self.list + 1] = row
    local _, base, quote, kind = M.parts(name)
    row.joined = joined((base or name) .. (quote or "") .. (kind or ""))
  end
  if symbol and symbol ~= "" then row.symbol = symbol end
  return row
end

local function matching(list, test)
  local out = {}
  for _, row in ipairs(list) do
    if test(row) then out[#out + 1] = row end
  end
  return #out > 0 and out or nil
end

-- All markets that a text may mean, by the strictest rule that finds any.
local function candidates(self, text)
  if self.by_name[text] then return { self.by_name[text] } end
  local low = text:lower()
  local venue, rest = low:match "^([^:]+):(.+)$"
  local joint = joined(venue and rest or low)
  return matching(self.list, function(r) return r.symbol == text end)
    or matching(self.list, function(r) return r.name:lower() == low end)
    or matching(self.list, function(r) return r.symbol and r.symbol:lower() == low end)
    or matching(self.list, function(r)
      return r.joined == joint and (not venue or r.name:lower():match "^[^:]*" == venue)
    end) or {}
end

-- The market's row, or nil and its candidates (none: unknown).
function Symbols:find(text)
  local found = candidates(self, text)
  if #found == 1 then return found[1] end
  local names = {}
  for i, row in ipairs(found) do names[i] = row.name end
  table.sort(names)
  return nil, names
end

function Symbols:find_parts(exchange, base, quote)
  local wanted = ("%s:%s-%s"):format(exchange, base, quote):lower()
  local found = matching(self.list, function(r) return r.name:lower() == wanted end)
  return found and found[1] or nil, {}
end

-- Names near to a text that none matched: by canonical name, own spelling and joined form.
function Symbols:near(text, max)
  local words, owner = {}, {}
  for _, row in ipairs(self.list) do
    for _, word in ipairs { row.name, row.symbol or row.name, row.joined } do
      if not owner[word] then
        words[#words + 1], owner[word] = word, row.name
      end
    end
  end
  local out, seen = {}, {}
  for _, word in ipairs(nearest.list(text, words, 20)) do
    local name = owner[word]
    if not seen[name] and #out < (max or 5) then
      seen[name] = true
      out[#out + 1] = name
    end
  end
  return out
end

return M
