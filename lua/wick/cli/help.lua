-- SPDX-License-Identifier: Apache-2.0
-- wick help [COMMAND]: the list of commands, or one command's help.
local nearest = require "wick.nearest"
local options = require "wick.cli.options"

local order = { "run", "sim", "replay", "candles", "feed", "config", "migrate", "doctor",
  "completion", "version", "help" }
local later = { { "verify", "the log against the stored candles" },
  { "rebuild", "candles anew from the log" }, { "backfill", "history fetched" },
  { "chart", "an actor's chart" } }

local M = {
  name = "help",
  summary = "the list of commands, or one command's help",
  example = "wick help replay",
  args = { value = "COMMAND", min = 0, max = 2, usage = "[COMMAND]" },
}

local function list(sh)
  sh.out "usage: wick COMMAND [OPTION]…\n\nTrades in, exact candles out and served.\n"
  sh.out "\ncommands:\n"
  for _, name in ipairs(order) do
    sh.out(("  %-12s%s\n"):format(name, require("wick.cli." .. name).summary))
  end
  sh.out "\nnot yet (exit status 1):\n"
  for _, row in ipairs(later) do sh.out(("  %-12s%s\n"):format(row[1], row[2])) end
  sh.out "\nwick COMMAND --help says more. Data goes to standard output, everything else to\n"
  sh.out "standard error. Exit status: 0 done, 1 the work failed or a check found a difference,\n"
  sh.out "2 wrong usage.\n"
  sh.out "\nexample:\n  wick run\n"
  sh.out "  curl 'localhost:3000/ohlcv?symbol=BTCUSD&startDate=2026-01-01&interval=1m'\n"
end

function M.main(values, sh)
  if not values[1] then
    list(sh)
    return 0
  end
  for _, name in ipairs(order) do
    if name == values[1] then
      local spec = require("wick.cli." .. name)
      spec = spec.sub and values[2] and spec.sub[values[2]] or spec
      sh.out(options.help(spec))
      return 0
    end
  end
  for _, row in ipairs(later) do
    if row[1] == values[1] then
      sh.say(("wick help: %s is not there yet; %s comes with a later part\n"):format(row[1],
        row[2]))
      return 1
    end
  end
  sh.say(("wick help: no command '%s'%s\nwick help lists them\n"):format(values[1],
    nearest.hint(values[1], order)))
  return 2
end

return M
