-- SPDX-License-Identifier: Apache-2.0
-- wick sim: the CryptoCompare simulator as a server on loopback. WebSockets on any path are the
-- streamer, everything else is REST. What it does is in C (src/sim).
local server = require "wick.sim.server"

local M = {
  name = "sim",
  summary = "the CryptoCompare simulator, REST and streamer, on loopback",
  text = [[
Trades are a function of seed, market and time; the first ones happen when somebody subscribes,
and each market begins with its first subscription. At a rate the world goes on by the clock,
heard or not; flat out it is as fast as those who listen (while nobody does: one trade a
millisecond). WHEN is 12s, 12s-20s, n5000 (the 5000th trade) or p0.001 (each trade, with that
probability); times count from the first subscription.

Faults of trades: drop (never sent, and CCSEQ has no hole), gap:N (N of a market are never sent,
CCSEQ has the hole), late:N (sent N trades later), reorder, dup:N (sent N times more),
fragment:N (a message in N frames), garbage (behind it a message that is not JSON), bad-frame
(behind it a text that is not UTF-8: the client must close). Of connections: cut (abruptly, when
all that was sent has arrived; the world goes on), cut:N (the next N trades happen unheard, then
it waits for a subscription), cut-hold (goes on where it stopped), silent, stall, no-heartbeat,
slow:N (N trades a second), rate-limit (429 for new ones), force-disconnect.

The truth file is written when all trades of --count have arrived, when the last client goes,
and at the end.]],
  example = "wick sim --port 9870 --rate 0 --count 1000000 --markets 3 --truth truth.csv",
  options = {
    { "port", value = "N", kind = "int", min = 0, max = 65535, default = 9870,
      help = "port on 127.0.0.1; 0: any free one, named on standard error" },
    { "rate", value = "R", kind = "number",
      help = "trades a second over all markets, 100 without it; 0: flat out, trades 1 ms apart" },
    { "markets", value = "N|LIST",
      help = "the first N of a built-in list (5), or VENUE:BASE-QUOTE,…" },
    { "seed", value = "N", help = "another world (1)" },
    { "count", value = "N", help = "trades in all, then no more; without it there is no end" },
    { "from", value = "FEED@FILE", complete = "file",
      help = "the trades of a recording instead of synthetic ones" },
    { "start", value = "T",
      help = "time of the first trade: RFC 3339, YYYY-MM-DD; without it an hour ago" },
    { "fault", value = "NAME@WHEN", many = true, help = "a scripted fault, also NAME:AMOUNT@WHEN" },
    { "truth", value = "F.csv", complete = "file",
      help = "1m candles of what was delivered, and how many trades of each were withheld" },
    { "option", value = "key=value", many = true,
      help = "keys=A,B max_sockets=N max_subs=N refuse=close|open hold=1 early=1 ns=0 ccseq=0 "
        .. "f=number heartbeat=30s ping=30s settle=50ms listing=NS limits=S,M,H,D,MONTH" },
  },
}

local function lines(values)
  local wick, out = require "wick", {}
  local function add(key, value) out[#out + 1] = key .. "=" .. value end
  for _, key in ipairs { "markets", "seed", "count", "truth" } do
    if values[key] then add(key, values[key]) end
  end
  if values.rate then add("rate", ("%.3f"):format(values.rate)) end
  if values.start then
    local ns = wick.time(values.start)
    if not ns then
      return nil, "--start '" .. values.start .. "': allowed is RFC 3339 or YYYY-MM-DD"
    end
    add("start", ns)
  end
  for _, fault in ipairs(values.fault or {}) do add("fault", fault) end
  for _, option in ipairs(values.option or {}) do out[#out + 1] = option end
  for _, line in ipairs(out) do
    if line:find "[\r\n]" then return nil, "an option is one line" end
  end
  return table.concat(out, "\n") .. "\n"
end

local function open_source(w, from, sh)
  local name, file = from:match "^([^@]+)@(.+)$"
  if not name then sh.stop(2, "wick sim: --from '" .. from .. "': allowed is FEED@FILE") end
  local feed, wrong = require("wick.cli.feeds").open(w, name)
  if not feed then sh.stop(2, "wick sim: " .. wrong) end
  local market = file:match "%?market=(.+)$"
  local path = file:gsub("%?market=.*$", "")
  local source, why = w:source("file:" .. path, { feed = feed, market = market })
  if not source then sh.stop(1, "wick sim: " .. tostring(why)) end
  return source
end

-- The truth is written at the end; that it cannot be is told at the begin.
local function check_truth(path)
  local part = path .. ".part"
  local f, why = io.open(part, "ab")
  if not f then return nil, ("--truth '%s': %s"):format(path, why) end
  f:close()
  os.remove(part)
  return true
end

function M.main(values, sh)
  local opts, wrong = lines(values)
  if not opts then sh.stop(2, "wick sim: " .. wrong) end
  if values.truth then
    local can, cannot = check_truth(values.truth)
    if not can then return nil, cannot end
  end
  local w = sh.open { table = function() return {} end }
  local ok, sim, why = pcall(w.sim, w, opts)
  if not ok then sh.stop(2, "wick " .. (tostring(sim):match "sim: .*" or tostring(sim))) end
  if not sim then return nil, why end
  local source = values.from and open_source(w, values.from, sh)
  local status, text = server.run { w = w, sim = sim, port = values.port, source = source,
    say = sh.say }
  w:close()
  if not status then return nil, text end
  return status
end

return M
