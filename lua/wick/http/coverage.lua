-- SPDX-License-Identifier: Apache-2.0
-- What was heard of a range, from a market's row: its missing spans, and where hearing began. Times
-- are text of nanoseconds.
local json = require "wick.http.json"
local range = require "wick.http.range"

local M = {}

local function later(a, b) return range.less(a, b) and b or a end
local function earlier(a, b) return range.less(a, b) and a or b end

-- market: watermark_ns, covered_from_ns (nil: never heard), missing { from_ns, to_ns }. lo, hi: the
-- range, nil: open. A table { complete, missing = { { from_ns, to_ns, state } } } within the range.
function M.of(market, lo, hi, unit)
  local out = { complete = true, missing = {}, unit = unit, heard = market.covered_from_ns ~= nil }
  local begin, now = market.covered_from_ns, market.watermark_ns
  if now then hi = hi and earlier(hi, now) or now end
  lo = lo or begin
  local function add(from, to, state)
    if not range.less(from, to) then return end
    out.complete = false
    table.insert(out.missing, { from_ns = from, to_ns = to, state = state })
  end
  if lo and hi and not begin then add(lo, hi, "unavailable") end
  if not begin then
    out.complete = false
    return out
  end
  if lo and hi and range.less(lo, begin) then add(lo, earlier(begin, hi), "unavailable") end
  for _, span in ipairs(market.missing or {}) do
    local from, to = span.from_ns, span.to_ns
    add(lo and later(from, lo) or from, hi and earlier(to, hi) or to, "missing")
  end
  return out
end

-- The `coverage` of an answer; empty: it has no candles, so it says why.
function M.json(cover, empty)
  local spans = {}
  for i, span in ipairs(cover.missing) do
    spans[i] = json.object { "from", json.raw(range.to_unit(span.from_ns, cover.unit)),
      "to", json.raw(range.to_unit(span.to_ns, cover.unit)), "state", span.state }
  end
  local members = { "complete", cover.complete, "missing", json.array(spans) }
  if empty then
    members[#members + 1] = "reason"
    members[#members + 1] = not cover.heard and "nothing of this market was heard yet"
      or cover.complete and "nothing was traded" or "not all of it was heard"
  end
  return json.object(members)
end

return M
