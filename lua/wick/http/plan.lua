-- SPDX-License-Identifier: Apache-2.0
-- From a request for candles to a plan: which market, interval, range, form. Pure: what it must
-- know comes in `ctx` (symbols, kept intervals, the core's functions). A mistake is a response.
local accept = require "wick.http.accept"
local cursor = require "wick.http.cursor"
local json = require "wick.http.json"
local nearest = require "wick.nearest"
local params = require "wick.http.params"
local problem = require "wick.http.problem"
local range = require "wick.http.range"

local M = {}

local function refuse(req, m)
  local code = m.code or "invalid-parameter"
  return nil, problem.parameter(req, code, m.param, m.value, m.detail, m.allowed)
end

local function format_of(req, v)
  if v.format then return accept.format(v.format) end
  local f = accept.choose(req.headers.accept)
  if f then return f end
  local names, types = {}, {}
  for i, one in ipairs(accept.formats) do names[i], types[i] = one.name, one.type end
  local asked = req.headers.accept:gsub("[\128-\255]", "?")
  return nil, problem.response(req, "not-acceptable",
    ("nothing of '%s' is served here"):format(problem.clip(asked, 100)),
    { "formats", names, "types", types })
end

-- What is wrong with an interval's text, for people.
local function interval_mistake(text, ctx)
  local number, unit = text:match "^(%d+)(.*)$"
  local detail = ("'%s' is not an interval"):format(problem.clip(text, 60))
  if number and unit == "" then
    detail = ("interval '%s' has no unit"):format(text)
  elseif number and not ("smhdwMy"):find(unit, 1, true) then
    detail = ("interval '%s' has no unit '%s'"):format(problem.clip(text, 60),
      problem.clip(unit, 60))
  end
  return { param = "interval", value = text, detail = detail .. nearest.hint(text, ctx.intervals),
    allowed = "n + one of s m h d w M y" }
end

local function interval_of(req, v, ctx)
  local text = v.interval or (req.original and "1m")
  if not text then
    return refuse(req, { param = "interval", detail = "interval is missing",
      allowed = table.concat(ctx.intervals, ", ") })
  end
  local code, name = ctx.interval(text)
  if not code then return refuse(req, interval_mistake(text, ctx)) end
  for _, kept in ipairs(ctx.intervals) do
    if kept == name then return { code = code, text = name } end
  end
  local hint = nearest.hint(name, ctx.intervals)
  return refuse(req, { param = "interval", value = text,
    allowed = table.concat(ctx.intervals, ", "),
    detail = ("candles of %s are not kept here%s"):format(name, hint) })
end

local function one_of(req, text, row, names, param, ctx)
  if row then return row end
  if #names > 1 then
    local shown = {}
    for i = 1, math.min(#names, 20) do shown[i] = names[i] end
    return nil, problem.response(req, "invalid-parameter",
      ("'%s' may be any of %d markets: name one"):format(text, #names),
      { "errors", json.array { json.object { "param", param, "value", text,
        "allowed", table.concat(shown, ", ") } }, "candidates", shown })
  end
  local near = ctx.symbols:near(text)
  return nil, problem.response(req, "unknown-symbol",
    ("no market is known as '%s'%s"):format(problem.clip(text, 100),
      near[1] and "; did you mean " .. near[1] .. "?" or ""),
    { "nearest", near, "errors", json.array { json.object { "param", param, "value", text } } })
end

local function market_of(req, v, ctx)
  if v.symbol and (v.exchange or v.base or v.quote) then
    return refuse(req, { param = v.exchange and "exchange" or v.base and "base" or "quote",
      detail = "symbol says it already", allowed = "symbol, or exchange, base and quote" })
  end
  if v.symbol then
    local row, names = ctx.symbols:find(v.symbol)
    return one_of(req, v.symbol, row, names, "symbol", ctx)
  end
  for _, name in ipairs { "exchange", "base", "quote" } do
    if not v[name] then
      local some = v.exchange or v.base or v.quote
      return refuse(req, { param = some and name or "symbol",
        detail = (some and name or "symbol") .. " is missing",
        allowed = "a market like Coinbase:BTC-USD, or exchange, base and quote" })
    end
  end
  local row, names = ctx.symbols:find_parts(v.exchange, v.base, v.quote)
  return one_of(req, ("%s:%s-%s"):format(v.exchange, v.base, v.quote), row, names, "exchange", ctx)
end

-- start and end as nanoseconds, start floored to its bucket.
local function times(req, v, plan, ctx)
  for _, name in ipairs { "start", "end" } do
    if v[name] then
      local ns, m = range.parse(v[name], plan.unit, ctx.time)
      if not ns then
        m.param, m.value, m.allowed = name, v[name], range.allowed
        return refuse(req, m)
      end
      plan[name .. "_ns"] = ns
    end
  end
  if plan.start_ns and plan.end_ns and range.less(plan.end_ns, plan.start_ns) then
    return refuse(req, { param = "start", value = v.start, detail = "start is behind end",
      allowed = "a time before end" })
  end
  if plan.start_ns then plan.start_ns = ctx.bucket(plan.interval.code, plan.start_ns) end
  return true
end

-- A cursor stands for the range; what it says twice must agree.
local function from_cursor(req, v, ctx)
  local c = cursor.read(v.cursor)
  if not c then
    return refuse(req, { param = "cursor", value = v.cursor,
      allowed = "what `next` gave, unchanged", detail = "this is no cursor of this server" })
  end
  for _, name in ipairs { "start", "end" } do
    if v[name] then
      return refuse(req, { param = name, value = v[name], detail = "a cursor excludes " .. name,
        allowed = "cursor without start and end" })
    end
  end
  for _, name in ipairs { "order", "partial" } do
    if v[name] and v[name] ~= c[name] then
      return refuse(req, { param = name, value = v[name], allowed = c[name],
        detail = ("the cursor is of a walk with %s=%s"):format(name, c[name]) })
    end
  end
  local row = ctx.symbols:find(c.market)
  local code, name = ctx.interval(c.interval)
  if not row or not code then return one_of(req, c.market, nil, {}, "cursor", ctx) end
  return { market = row, interval = { code = code, text = name }, start_ns = c.start_ns,
    end_ns = c.end_ns, order = c.order, partial = c.partial == "true", paged = true }
end

-- Market and interval beside a cursor must be the cursor's.
local function agree(req, v, plan, ctx)
  if v.symbol or v.exchange or v.base or v.quote then
    local row, response = market_of(req, v, ctx)
    if not row then return nil, response end
    if row ~= plan.market then
      return refuse(req, { param = v.symbol and "symbol" or "exchange", value = v.symbol,
        detail = "the cursor is of " .. plan.market.name, allowed = plan.market.name })
    end
  end
  if v.interval and ctx.interval(v.interval) ~= plan.interval.code then
    return refuse(req, { param = "interval", value = v.interval,
      detail = "the cursor is of " .. plan.interval.text, allowed = plan.interval.text })
  end
  return true
end

local function range_of(req, v, ctx)
  if v.cursor then
    local plan, response = from_cursor(req, v, ctx)
    if not plan then return nil, response end
    local ok, other = agree(req, v, plan, ctx)
    if not ok then return nil, other end
    return plan
  end
  local row, response = market_of(req, v, ctx)
  if not row then return nil, response end
  local interval, bad = interval_of(req, v, ctx)
  if not interval then return nil, bad end
  return { market = row, interval = interval, order = v.order or "asc",
    partial = v.partial == "true" }
end

-- req: query (raw, may be nil), headers, path, host, id, original (the path /ohlcv).
-- Returns a plan, or nil and the response that says why not.
function M.make(req, ctx)
  local v, mistake = params.parse(req.original and params.original or params.v1, req.query)
  if not v then return refuse(req, mistake) end
  local format, not_served = format_of(req, v)
  if not format then return nil, not_served end
  if v.shape and format.name ~= "json" then
    return refuse(req, { param = "shape", value = v.shape, detail = "shape is for format=json",
      allowed = "no shape with " .. format.name })
  end
  local plan, response = range_of(req, v, ctx)
  if not plan then return nil, response end
  plan.unit, plan.limit, plan.format = v.time_unit or "ms", v.limit or 500, format
  plan.shape, plan.numbers, plan.columns = v.shape or "objects", v.numbers or "number", v.columns
  local ok, bad = times(req, v, plan, ctx)
  if not ok then return nil, bad end
  plan.newest = plan.order == "desc" or not (plan.start_ns or plan.paged)
  return plan
end

return M
