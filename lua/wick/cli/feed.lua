-- SPDX-License-Identifier: Apache-2.0
-- wick feed list | check: the feed tables that are shipped, and what one makes of a recording.
local feeds = require "wick.cli.feeds"

local M = {
  name = "feed",
  summary = "feed tables: list them, check one against a recording",
  text = [[
wick feed list names the shipped tables; wick feed check says what a table makes of a recording.]],
  example = "wick feed list\nwick feed check scripts/feeds/kraken.lua frames.jsonl.gz --trades",
  args = { value = "list|check", min = 1, max = 1, choices = { "list", "check" } },
}

M.sub = {}

M.sub.list = {
  name = "feed list",
  summary = "the feed tables that are shipped",
  example = "wick feed list",
  options = {},
  main = function(_, sh)
    local bad
    for _, name in ipairs(feeds.names()) do
      local t, why = feeds.compile(name)
      if t then
        sh.out(("%-16s %-16s %s\n"):format(name, t.venue, t.about or t.path))
      else
        bad = true
        sh.say(("wick feed list: %s: %s\n"):format(name, tostring(why)))
      end
    end
    return bad and 1 or 0
  end,
}

M.sub.check = {
  name = "feed check",
  summary = "what a feed table makes of a recording",
  text = [[
Without --trades or --json the counts are printed for people. The exit status is 0 even with
refusals; 1 with --strict, or if nothing could be read.]],
  example = "wick feed check scripts/feeds/binance.lua frames.txt.gz --json",
  options = {
    { "market", value = "SYMBOL", help = "symbol of a file whose rows name none" },
    { "trades", help = "every trade as CSV, in the order of decoding" },
    { "json", help = "counts of trades, refusals and payloads as JSON" },
    { "strict", help = "exit status 1 where anything was refused" },
  },
  args = { value = "F.lua and RECORDING", usage = "F.lua RECORDING", min = 2, max = 2,
    complete = "file" },
  main = function(values, sh)
    if values.trades and values.json then
      sh.stop(2, "wick feed check: either --trades or --json")
    end
    local w = sh.open { table = function() return {} end }
    local status = require("wick.feed.check").run { w = w, feed = values[1], recording = values[2],
      market = values.market, trades = values.trades, json = values.json, strict = values.strict,
      out = sh.out, err = sh.say }
    w:close()
    return status
  end,
}

function M.main(values, sh)
  return M.sub[values[1]].main({}, sh)
end

return M
