-- SPDX-License-Identifier: Apache-2.0
-- wick replay: recorded trades or frames in, candles out, nothing stored. The files are one input,
-- folded whole before anything is printed.
local feeds = require "wick.cli.feeds"
local columns = require "wick.feed.columns"
local output = require "wick.cli.output"

local M = {
  name = "replay",
  summary = "recorded trades or frames in, candles out, nothing stored",
  text = [[
Each FILE is a CSV, an NDJSON or a recording of frames, plain or gzip; all of them are one input.
Refused lines are counted on standard error; the exit status is 1 if nothing could be read.]],
  example = "wick replay --feed scripts/feeds/binance.lua --interval 1m,1h trades.csv.gz",
  options = {
    { "feed", value = "F.lua", required = true, complete = "file",
      help = "the venue's feed table" },
    { "interval", value = "LIST", kind = "list", required = true,
      help = "like 1m,5m,1h,1d,1w,1M" },
    { "market", value = "SYMBOL", help = "symbol of files whose rows name none" },
    { "partial", help = "also the buckets that are not over at the input's end" },
    output.option,
  },
  args = { value = "FILE", min = 1, usage = "FILE…", complete = "file" },
}

-- Refusals by reason: how many, and the first of each. What the source refuses has its line; what
-- the fold refuses is a trade, which has none.
local function note(refused, list, of_source)
  for _, r in list:each() do
    local one = refused[r.reason]
    if not one then
      one = { reason = r.reason, count = 0, text = r.text, line = of_source and r.offset or nil }
      refused[r.reason], refused[#refused + 1] = one, one
    end
    one.count = one.count + 1
  end
end

-- 1.50 is 1.5
local function plain(digits)
  return (digits:find(".", 1, true) and digits:gsub("0+$", ""):gsub("%.$", "") or digits)
end

-- Where a trade stands that the fold has refused ("market time price qty id"): the file and line of
-- its message, nil where a file cannot be read twice.
local function find(w, feed, values, text)
  local market, ns, price, qty, id = text:match "^(%S+) (%d+) (%S+) (%S+) ?(.*)$"
  local function is(row, symbol)
    local of, at, its, p, q = row:match '^"?(.-)"?,(%d+),([^,]*),([^,]*),([^,]*),'
    return at == ns and its == id and of == symbol and plain(p) == price and plain(q) == qty
  end
  for _, file in ipairs(values) do
    local chk = market and w:check(feed, file, values.market)
    local m = chk and chk:next()
    while m do
      for row in m.rows:gmatch "[^\n]+" do
        if is(row, w:symbol(w:market(market))) then
          chk:close()
          return file, m.line
        end
      end
      m = chk:next()
    end
    if chk then chk:close() end
  end
end

local function tell(refused, sh, values, where, t)
  for _, one in ipairs(refused) do
    if one.reason == "unknown-columns" then sh.say("wick replay: " .. columns(t) .. "\n") end
    local file
    if not one.line then file, one.line = where(one.text) end
    sh.say(("wick replay: %d refused (%s), the first%s%s: %s\n"):format(one.count, one.reason,
      one.line and (" in line %s"):format(one.line) or "",
      file and #values > 1 and " of " .. file or "", one.text:sub(1, 120)))
  end
end

-- Poll until the source has ended and agg has given its candles; returns how the source ended.
local function drive(w, source, agg, refused, print)
  local tag, ended, why
  while true do
    for ev in w:events(-1) do
      if ev.name == "refused" then
        note(refused, ev.refusals, ev.from == source.id)
      elseif ev.name == "end" and ev.from == source.id then
        ended, why = ev.status, ev.text
        tag = assert(agg:finish())
      elseif tag and ev.tag == tag then
        if ev.name == "candles" then print(ev.candles) end
        if ev.name ~= "candles" or ev.status < 0 then return ended, why end
      end
    end
  end
end

local function intervals(list)
  local wick, nearest = require "wick", require "wick.nearest"
  for _, text in ipairs(list) do
    if not wick.interval(text) then
      return nil, ("--interval '%s': allowed is n + one of s m h d w M y%s"):format(text,
        nearest.hint(text, { "1s", "1m", "5m", "15m", "1h", "4h", "1d", "1w", "1M", "1y" }))
    end
  end
  return table.concat(list, ",")
end

function M.main(values, sh)
  local kept, bad = intervals(values.interval)
  if not kept then sh.stop(2, "wick replay: " .. bad) end
  local w = sh.open { table = function() return { intervals = kept } end }
  local feed, wrong = feeds.open(w, values.feed)
  if not feed then sh.stop(1, "wick replay: " .. wrong) end
  local agg = assert(w:agg { replay = 1, partial = values.partial and 1 or nil })
  local more = {}
  for i = 2, #values do more[#more + 1] = values[i] end
  local source, why = sh.try(w.source, w, "file:" .. values[1], { feed = feed,
    market = values.market, file = #more > 0 and table.concat(more, "\nfile=") or nil })
  if not source then return nil, why end
  assert(w:link(source, agg))
  local refused = {}
  local out = output.new(w, values.format, sh)
  local status, text = drive(w, source, agg, refused, out.candles)
  local some, read = out.finish(), source:stat "trades"
  if not some and read > 0 and not values.partial and status >= 0 then
    sh.say("wick replay: no bucket is over at the input's end; --partial shows those that are "
      .. "open\n")
  end
  tell(refused, sh, values, function(trade) return find(w, feed, values, trade) end,
    wrong)
  w:close()
  if status < 0 then return nil, text end
  if read == 0 then return nil, "no trade could be read" end
  return 0
end

return M
