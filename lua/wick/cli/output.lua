-- SPDX-License-Identifier: Apache-2.0
-- Candles on standard output in the forms of the command line: CSV, NDJSON, one JSON array.
local M = {}

M.formats = { csv = "CSV", ndjson = "NDJSON", json = "JSON_OBJECTS" }
M.option = { "format", value = "csv|ndjson|json", choices = { "csv", "ndjson", "json" },
  default = "csv", help = "form of the output" }

-- A printer: candles(view, prev) prints a view (prev: its first is only the candle before),
-- finish() ends the output and says whether there was any. A header comes even where
-- no candle does.
function M.new(w, format, sh)
  local wick = require "wick"
  local printer, first = {}, true
  function printer.candles(view, prev)
    if #view == (prev and 1 or 0) then return end
    local flags = (format == "csv" and first and wick.FMT.HEADER or 0)
      + (prev and wick.FMT.PREV or 0) + (first and 0 or wick.FMT.GO_ON)
    local text = wick.core.candles_text(w.core, view, wick.FMT[M.formats[format]], flags)
    if format == "json" then
      text = (first and "[" or ",\n") .. text:sub(2, -2)
    end
    first = false
    sh.out(text)
  end
  function printer.finish()
    if format == "json" then sh.out(first and "[]\n" or "]\n") end
    if format == "csv" and first then
      sh.out("market,symbol,interval,time,open,high,low,close,volume,quote_volume,trades,closed,"
        .. "complete,method,rev\n")
    end
    sh.flush()
    return not first
  end
  return printer
end

return M
