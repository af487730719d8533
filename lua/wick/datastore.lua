-- SPDX-License-Identifier: Apache-2.0
-- The Datastore: requests in, answers out. Each request is a task that waits for the cache or the
-- store; C frames HTTP and never decides. The run loop dispatches events to tasks.
local health = require "wick.http.health"
local metrics = require "wick.http.metrics"
local ohlcv = require "wick.http.ohlcv"
local problem = require "wick.http.problem"
local rows = require "wick.http.rows"
local symbols = require "wick.http.symbols"
local uri = require "wick.http.uri"
local task = require "wick.task"

local M = {}
local Datastore = {}
Datastore.__index = Datastore

-- ---- routes: path = handler(self, req) -> response ----

-- Candles; markets that the store has learnt since are asked for before a symbol counts as unknown.
local function answer(self, req)
  self:refresh(self.dirty and 50 or 1000)
  local response = ohlcv.answer(req, self.ctx)
  if response.status ~= 404 or not self:refresh(50) then return response end
  return ohlcv.answer(req, self.ctx)
end

M.routes = {
  ["/ohlcv"] = function(self, req)
    req.original = true
    return answer(self, req)
  end,
  ["/v1/ohlcv"] = answer,
  ["/health"] = function(self, req) return health.all(req, self.state()) end,
  ["/health/live"] = function(_, req) return health.live(req) end,
  ["/health/ready"] = function(self, req) return health.ready(req, self.state()) end,
  ["/metrics"] = function(self) return metrics.answer(self.state()) end,
}

local function paths()
  local out = {}
  for path in pairs(M.routes) do out[#out + 1] = path end
  table.sort(out)
  return out
end

local function allowed_only(req, handler)
  if req.method == "OPTIONS" then
    return { status = 204, headers = { "allow: GET, HEAD, OPTIONS" }, body = "" }
  end
  if req.method ~= "GET" and req.method ~= "HEAD" then
    return problem.response(req, "method-not-allowed",
      ("%s is not for this path"):format(req.method:sub(1, 20)), nil,
      { "allow: GET, HEAD, OPTIONS" })
  end
  return handler()
end

-- Parameters of paths that have none are refused like any unknown one.
local function no_parameters(req)
  local list = uri.query(req.query)
  local first = list and list[1]
  if req.query and req.query ~= "" and (not list or first) then
    return problem.parameter(req, "unknown-parameter", first and first[1] or "?", nil,
      ("%s has no parameters"):format(req.path))
  end
end

local function route(self, req)
  local handler = M.routes[req.path]
  local code = req.path:match "^/problems/([%w-]+)$"
  if not handler and code and problem.codes[code] then
    handler = function() return problem.page(req, code) end
  end
  if req.target == "*" then
    handler = function() return { status = 404, headers = {}, body = "" } end
  end
  if not handler then
    local at = problem.clip(req.path, 200)
    return problem.response(req, "not-found", "nothing is at " .. at, { "paths", paths() })
  end
  return allowed_only(req, function()
    local bad = not req.path:match "ohlcv$" and no_parameters(req)
    return bad or handler(self, req)
  end)
end

-- ---- what answers ask for ----

local function unavailable(why) error({ unavailable = tostring(why) }, 0) end

-- Candles, from the cache where it holds all of them; lent until the request waits again.
local function query(self, q)
  if self.cache then
    local tag = self.cache:query(q)
    if tag then return task.await(tag).candles end
  end
  local generation = self.cache and self.cache:generation()
  local tag, why = self.store:query(q)
  if not tag then unavailable(why) end
  local ev = task.await(tag)
  if ev.status < 0 then unavailable(ev.text or "the store failed") end
  local candles = ev.candles
  if self.cache then self.cache:put(q, generation, candles) end
  return candles
end

-- Rows of a table that the store knows by name, as a list of tables of text.
local function table_rows(self, what)
  local tag, why = self.store:rows(what)
  if not tag then unavailable(why) end
  local ev = task.await(tag)
  if ev.status < 0 then unavailable(ev.text or "the store failed") end
  return rows.parse(ev.text or "")
end

-- Markets and their watermarks as the store has them, if what is known is older than max_ms; true:
-- it was asked.
function Datastore:refresh(max_ms)
  local now = self.w:now_ms()
  if self.refreshed and now - self.refreshed < max_ms then return false end
  self.refreshed, self.dirty = now, false
  for _, row in ipairs(table_rows(self, "markets")) do
    local id = self.w:market(row.market)
    local known = self.symbols:add(row.market, row.symbol or self.w:symbol(id))
    known.id, known.missing = id, {}
    known.watermark_ns, known.covered_from_ns = row.watermark_ns, row.covered_from_ns
  end
  for _, row in ipairs(table_rows(self, "coverage")) do
    local known = row.state == "missing" and self.symbols.by_name[row.market]
    if known then known.missing[#known.missing + 1] = row end
  end
  return true
end

local function context(self)
  local wick, w = self.wick, self.w
  local ctx = { symbols = self.symbols, intervals = self.intervals, time = wick.time,
    bucket = wick.bucket }
  function ctx.interval(text)
    local code = wick.interval(text)
    return code, code and wick.interval_text(code)
  end
  function ctx.query(q) return query(self, q) end
  function ctx.symbol(market) return market.symbol or w:symbol(market.id) end
  function ctx.flags(set)
    local sum = 0
    for name in pairs(set) do sum = sum + (wick.FMT[name] or 0) end
    return sum
  end
  function ctx.text(v, format, flags, columns)
    return wick.core.candles_text(w.core, v, wick.FMT[format], flags, columns)
  end
  return ctx
end

-- ---- requests ----

local function headers_of(text)
  local out = {}
  for name, value in (text or ""):gmatch "([^:\n]+):[ \t]*([^\n]*)" do
    out[name] = out[name] and out[name] .. ", " .. value or value
  end
  return out
end

function Datastore:send(req, response)
  self.counts[response.status] = (self.counts[response.status] or 0) + 1
  self.server:serve(req.wire, response.status, table.concat(response.headers, "\n") .. "\n",
    response.body)
end

-- The response of a request, whatever happens.
local function respond(self, req)
  local ok, response = xpcall(function() return route(self, req) end, function(err)
    return type(err) == "table" and err or debug.traceback(tostring(err))
  end)
  if ok then return response end
  if response == task.CANCELLED then error(response, 0) end
  if type(response) == "table" and response.unavailable then
    self.log(1, ("request %s: store: %s"):format(req.id, response.unavailable))
    return problem.response(req, "store-unavailable", "the store does not answer", nil,
      { "retry-after: 1" })
  end
  self.log(0, ("request %s %s: %s"):format(req.id, req.target:sub(1, 200), tostring(response)))
  return problem.response(req, "internal", "a fault of the server; its log says more")
end

-- A commit changed what the store knows of markets.
function Datastore:committed() self.dirty = true end

-- EV_REQUEST: begins a request; it may be answered at once or later.
function Datastore:request(r)
  self.serial = self.serial + 1
  local headers = headers_of(r.headers)
  local req = { wire = r.id, method = r.method, target = r.target, headers = headers,
    host = headers.host or self.authority, id = ("%s-%d"):format(self.prefix, self.serial) }
  local path, query_text = uri.split(r.target)
  req.path, req.query = path or "/", query_text
  if not path then
    return self:send(req, problem.response(req, "bad-request", "the path has " .. query_text))
  end
  task.spawn(self.w, function() self:send(req, respond(self, req)) end)
end

-- o: wick, w, server, store, cache (may be nil), config, state() (stages and markets for health and
-- metrics), log(level, text).
function M.new(o)
  local self = setmetatable({ wick = o.wick, w = o.w, server = o.server, store = o.store,
    cache = o.cache, state = o.state, log = o.log, counts = {}, serial = 0,
    symbols = symbols.new() }, Datastore)
  self.authority = ("%s:%s"):format(o.config:get "http.bind", o.config:get "http.port")
  self.prefix = ("%x"):format(o.w:now_ms() % 2 ^ 32)
  self.intervals = o.intervals
  for _, m in ipairs(o.config:markets()) do
    self.symbols:add(m.name).id = o.w:market(m.name)
  end
  self.ctx = context(self)
  return self
end

return M
