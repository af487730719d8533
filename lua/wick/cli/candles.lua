-- SPDX-License-Identifier: Apache-2.0
-- wick candles: candles from the store, beside a running `wick run` too; without more all, 1m.
local nearest = require "wick.nearest"
local options = require "wick.cli.options"
local output = require "wick.cli.output"
local range = require "wick.http.range"
local rows = require "wick.http.rows"
local symbols = require "wick.http.symbols"

local page = 10000

local M = {
  name = "candles",
  summary = "candles from the store",
  text = [[
Times are RFC 3339, YYYY-MM-DD, or whole milliseconds; start is inclusive, end exclusive. A market
is named whole (Coinbase:BTC-USD), by the venue's own symbol, or joined (BTCUSD).]],
  example = "wick candles --market Coinbase:BTC-USD --interval 5m --start 2026-01-01",
  options = {
    { "market", value = "M,…", kind = "list", help = "markets; without it all" },
    { "interval", value = "I", default = "1m", help = "one of the intervals that are kept" },
    { "start", value = "T", help = "from the bucket that holds T" },
    { "end", value = "T", help = "buckets that begin before T" },
    { "partial", help = "also buckets that are not over" },
    output.option, options.set, options.config,
  },
}

local function await(w, tag)
  while true do
    for ev in w:events(-1) do
      if ev.tag == tag then
        if ev.status < 0 then error({ status = 1, message = "wick candles: " .. ev.text }, 0) end
        return ev
      end
    end
  end
end

-- The markets of the store, those asked for, in the order of their names.
local function choose(w, store, asked, sh)
  local known = symbols.new()
  for _, row in ipairs(rows.parse(await(w, assert(store:rows "markets")).text or "")) do
    known:add(row.name or row.market, row.symbol)
  end
  local names = {}
  for _, text in ipairs(asked or {}) do
    local row, several = known:find(text)
    if not row then
      local near = known:near(text, 1)[1]
      sh.stop(2, ("wick candles: --market '%s': %s"):format(text, #several > 0
        and "may be " .. table.concat(several, ", ")
        or "no such market is stored" .. (near and "; did you mean " .. near .. "?" or "")))
    end
    names[row.name] = true
  end
  local out = {}
  for _, row in ipairs(known.list) do
    if not asked or names[row.name] then out[#out + 1] = row.name end
  end
  table.sort(out)
  return out
end

-- All pages of one market, with the candle before each: a venue's open may be its close.
local function print_market(w, store, q, print)
  local start = q.start_ns
  repeat
    q.start_ns = start
    local v = await(w, assert(store:query(q))).candles
    local prev = #v > 0 and start and range.less(v[1].time_ns, start) and true or false
    print(v, prev)
    local n = #v - (prev and 1 or 0)
    if n > 0 then start = v[#v].end_ns end
  until n < q.limit
end

local function time_of(name, text, sh)
  if not text then return nil end
  local ns, mistake = range.parse(text, "ms", require("wick").time)
  if not ns then sh.stop(2, ("wick candles: --%s: %s"):format(name, mistake.detail)) end
  return ns
end

local function interval_of(c, text, sh)
  local wick = require "wick"
  local code = wick.interval(text)
  local name = code and wick.interval_text(code)
  for _, kept in ipairs(c:list "intervals") do
    if name == kept then return code end
  end
  sh.stop(2, ("wick candles: --interval '%s': kept are %s%s"):format(text, c:get "intervals",
    nearest.hint(text, c:list "intervals")))
end

function M.main(values, sh)
  local wick = require "wick"
  local c = sh.config(values)
  local code = interval_of(c, values.interval, sh)
  local start, stop = time_of("start", values.start, sh), time_of("end", values["end"], sh)
  if start and stop and range.less(stop, start) then
    sh.stop(2, ("wick candles: --start '%s' is behind --end '%s'"):format(values.start,
      values["end"]))
  end
  local url = c:get "store.url"
  local path = sh.store_path(c)
  if path and not sh.exists(path) then
    return nil, ("there is no store at %s; wick run makes it"):format(path)
  end
  local w = sh.open(c)
  local store, why = sh.try(w.store, w, url)
  if not store then return nil, why end
  local out = output.new(w, values.format, sh)
  for _, name in ipairs(choose(w, store, values.market, sh)) do
    print_market(w, store, { market = w:market(name), interval = code, limit = page, prev = true,
      partial = values.partial, start_ns = start and wick.bucket(code, start), end_ns = stop },
      out.candles)
  end
  out.finish()
  w:close()
  return 0
end

return M
