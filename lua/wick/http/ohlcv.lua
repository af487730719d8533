-- SPDX-License-Identifier: Apache-2.0
-- GET /ohlcv and /v1/ohlcv: runs a plan against the store and writes the answer. Runs in a
-- coroutine: ctx.query(q) waits. Two queries find the newest candles: where they begin, then those
-- ascending, with the one before, which the rule of the open needs.
local coverage = require "wick.http.coverage"
local cursor = require "wick.http.cursor"
local json = require "wick.http.json"
local plans = require "wick.http.plan"
local range = require "wick.http.range"
local uri = require "wick.http.uri"

local M = {}

local standard = "time,open,high,low,close,volume,quote_volume,trades,vwap,closed,complete,"
  .. "method,rev"
local shapes = { objects = "JSON_OBJECTS", rows = "JSON_ROWS", columns = "JSON_COLUMNS" }

local function query(plan, more)
  local q = { market = plan.market.id, interval = plan.interval.code, partial = plan.partial,
    start_ns = plan.start_ns, end_ns = plan.end_ns }
  for k, v in pairs(more) do q[k] = v end
  return q
end

-- The range narrowed to its newest `limit` candles, and whether there are older ones.
local function narrow(plan, ctx)
  local v = ctx.query(query(plan, { desc = true, limit = plan.limit + 1 }))
  local n = #v
  if n == 0 then return nil, v end
  local older = n > plan.limit
  local oldest = v[older and plan.limit or n]
  return { market = plan.market, interval = plan.interval, partial = plan.partial,
    start_ns = oldest.time_ns, end_ns = v[1].end_ns, older = older }
end

-- How an answer is printed: { first = index of the first printed, count, flags }.
local function printed(plan, v, ctx)
  local flags, first, count = {}, 1, #v
  if count > 0 and plan.from_ns and range.less(v[1].time_ns, plan.from_ns) then
    flags.PREV, first, count = true, 2, count - 1
  end
  if count > plan.limit then
    flags.LESS, count = true, count - 1
    flags.more_ns = v[first + count].time_ns
  end
  if plan.order == "desc" then flags.REVERSE = true end
  if plan.numbers == "string" then flags.STRINGS = true end
  if plan.unit ~= "ms" then flags[plan.unit:upper()] = true end
  if plan.format.name == "csv" then flags.HEADER, flags.CRLF = true, true end
  return ctx.flags(flags), first, count, flags.more_ns
end

local function next_cursor(plan, more_ns, older_ns)
  local c = { market = plan.market.name, interval = plan.interval.text, order = plan.order,
    partial = tostring(plan.partial), start_ns = plan.start_ns, end_ns = plan.end_ns }
  if older_ns then
    c.end_ns = older_ns
  elseif more_ns then
    c.start_ns = more_ns
  else
    return nil
  end
  return cursor.make(c)
end

-- The request again, with the cursor in place of the range.
local function link(req, next_one)
  local keep = {}
  for _, pair in ipairs(uri.query(req.query) or {}) do
    local range_name = ({ start = 1, ["end"] = 1, startDate = 1, endDate = 1, cursor = 1 })[pair[1]]
    if not range_name then keep[#keep + 1] = pair[1] .. "=" .. uri.encode(pair[2]) end
  end
  keep[#keep + 1] = "cursor=" .. next_one
  return ("link: <%s?%s>; rel=\"next\""):format(req.path, table.concat(keep, "&"))
end

-- The part of the range that this page speaks of: up to its last candle where more follow.
local function page(plan, v, first, count, more)
  local lo, hi = plan.from_ns or plan.start_ns, plan.end_ns
  if count > 0 then
    lo = lo or v[first].time_ns
    if more then hi = v[first + count - 1].end_ns end
  end
  return lo, hi
end

local function envelope(plan, body, cover, next_one, ctx)
  local watermark = plan.market.watermark_ns
  local members = {
    "market", plan.market.name, "symbol", ctx.symbol(plan.market) or "",
    "interval", plan.interval.text,
    "kind", "time", "time_unit", plan.unit,
    "watermark", watermark and json.raw(range.to_unit(watermark, plan.unit)) or json.null,
  }
  if plan.shape == "rows" then
    local names = {}
    for name in (plan.columns and table.concat(plan.columns, ",") or standard):gmatch "[^,]+" do
      names[#names + 1] = name
    end
    members[#members + 1], members[#members + 2] = "columns", names
  end
  for _, m in ipairs { "data", json.raw(body), "coverage", cover, "next", next_one or json.null } do
    members[#members + 1] = m
  end
  return json.object(members).raw .. "\n"
end

local function write(req, plan, v, older_ns, ctx)
  local flags, first, count, more_ns = printed(plan, v, ctx)
  local name, is_json = plan.format.name, plan.format.name == "json"
  local columns = plan.columns and table.concat(plan.columns, ",") or (is_json and standard or nil)
  local body = ctx.text(v, is_json and shapes[plan.shape] or name:upper(), flags, columns)
  local next_one = next_cursor(plan, more_ns, older_ns)
  local headers = { "content-type: " .. (plan.format.sent or plan.format.type), "vary: Accept",
    "cache-control: max-age=1" }
  if next_one then headers[#headers + 1] = link(req, next_one) end
  if is_json then
    local lo, hi = page(plan, v, first, count, more_ns)
    local cover = coverage.of(plan.market, lo, hi, plan.unit)
    for i = first, first + count - 1 do cover.complete = cover.complete and v[i].complete end
    body = envelope(plan, body, coverage.json(cover, count == 0), next_one, ctx)
  end
  return { status = 200, headers = headers, body = body }
end

-- The answer to a request, as a response table; waits in ctx.query.
function M.answer(req, ctx)
  local plan, response = plans.make(req, ctx)
  if not plan then return response end
  if not plan.newest then
    plan.from_ns = plan.start_ns
    local v = ctx.query(query(plan, { limit = plan.limit + 1, prev = plan.start_ns ~= nil }))
    return write(req, plan, v, nil, ctx)
  end
  local part, none = narrow(plan, ctx)
  if not part then return write(req, plan, none, nil, ctx) end
  plan.from_ns = part.start_ns
  local v = ctx.query(query(part, { limit = plan.limit + 1, prev = true }))
  -- Only a walk goes on to older ones: by order=desc.
  return write(req, plan, v, plan.order == "desc" and part.older and part.start_ns or nil, ctx)
end

return M
