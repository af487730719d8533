-- SPDX-License-Identifier: Apache-2.0
-- The run loop: opens and links the stages by the settings, gives events to those they are for,
-- drains. It decides as little as it can; actors take its place later.
local datastore = require "wick.datastore"
local feeder = require "wick.run.feeder"
local feeds = require "wick.cli.feeds"
local status = require "wick.run.status"
local task = require "wick.task"
local wick = require "wick"

local M = {}
local Run = {}
Run.__index = Run

local drain_ms = 30000                      -- a stage that takes longer is closed as it is

-- What opens a stage raises on a mistake of the settings; here that is a failure like any other.
local function try(fn, ...)
  local ok, a, b = pcall(fn, ...)
  if ok then return a, b end
  return nil, (tostring(a):gsub("^%S+:%d+: ", ""))
end

local function opened(self, name, stage, why)
  if not stage then
    self:close()
    return nil, ("%s: %s"):format(name, tostring(why))
  end
  self.stages[#self.stages + 1] = { kind = name, name = name, stage = stage }
  self[name] = stage
  return true
end

-- bus -> agg -> store -> cache; opened from the back, so that nothing is sent into the void.
local function open_line(self)
  local w, c = self.w, self.c
  for _, name in ipairs { "cache", "store", "agg", "bus" } do
    local arg = name ~= "agg" and c:get(name .. ".url") or nil
    local ok, why = opened(self, name, try(w[name], w, arg))
    if not ok then return nil, why end
  end
  for _, pair in ipairs { { "store", "cache" }, { "agg", "store" }, { "bus", "agg" } } do
    local ok, why = w:link(self[pair[1]], self[pair[2]])
    if not ok then return nil, ("link %s to %s: %s"):format(pair[1], pair[2], tostring(why)) end
  end
  return true
end

local function open_server(self)
  local c = self.c
  local server, why = try(self.w.server, self.w, c:get "http.bind", c:number "http.port")
  local ok, bad = opened(self, "server", server, why)
  if not ok then return nil, bad end
  self.datastore = datastore.new { wick = wick, w = self.w, server = server, store = self.store,
    cache = self.cache, config = c, intervals = self.intervals,
    state = function() return status.state(self) end,
    log = function(level, text) self.log:line(level, text) end }
  return true
end

local function note_refusals(self, list, from)
  self.refused = self.refused + #list
  local r = list[1]
  if r and not self.told[r.reason] then
    self.told[r.reason] = true
    self.log:line("warn", ("%s: refused (%s): %s"):format(from, r.reason, r.text:sub(1, 200)))
  end
end

local function open_sources(self)
  local after = self.bus:stat "last_ms"
  for _, plan in ipairs(self.plan) do
    local feed, why = feeds.open(self.w, plan.table.path)
    if not feed then return nil, why end
    local name = plan.name
    local f, bad = try(feeder.open, { w = self.w, plan = plan, feed = feed, c = self.c,
      to = self.bus, after = after > 0 and ("%.0f000000"):format(after) or nil,
      log = function(level, text) self.log:line(level, name .. ": " .. text) end,
      refused = function(list) note_refusals(self, list, name) end })
    if not f then return nil, ("source %s: %s"):format(name, tostring(bad)) end
    self.feeders[#self.feeders + 1] = f
    self.stages[#self.stages + 1] = { kind = "source", name = name, feeder = f }
  end
  return true
end

-- o: c (settings), plan (sources.lua), log. A run that is open, or nil and why.
function M.open(o)
  local w, why = try(wick.open, o.c:table())
  if not w then return nil, why end
  local self = setmetatable({ w = w, c = o.c, plan = o.plan, log = o.log, stages = {}, feeders = {},
    refused = 0, told = {}, intervals = {}, started_ms = w:now_ms() }, Run)
  for i, text in ipairs(o.c:list "intervals") do
    local code = wick.interval(text)
    if not code then
      self:close()
      return nil, ("intervals: '%s' is not an interval"):format(text)
    end
    self.intervals[i] = wick.interval_text(code)
  end
  for _, open in ipairs { open_line, open_server, open_sources } do
    local ok, bad = open(self)
    if not ok then
      self:close()
      return nil, bad
    end
  end
  return self
end

-- ---- events ----

local on = {}

function on.opened(self, ev)
  if self.server and ev.from == self.server.id then
    self.port = ev.count
    self.ready = true
    local host = self.c:get "http.bind"
    self.log:line("info", ("listening on http://%s:%d"):format(
      host:find(":", 1, true) and "[" .. host .. "]" or host, ev.count))
  end
end

function on.request(self, ev) self.datastore:request(ev.request) end

function on.committed(self, ev)
  if ev.status < 0 then
    self.failed = ev.text or "a commit was refused"
    self.log:line("error", "store: " .. self.failed)
    return
  end
  status.committed(self, ev.candles)
  self.datastore:committed()
end

function on.refused(self, ev) note_refusals(self, ev.refusals, "agg") end

function on.full(self, ev)
  if ev.status < 0 then self.log:line("warn", "store: " .. (ev.text or "waits")) end
end

function on.log(self, ev) self.log:line(ev.status, ev.text) end

-- On a terminal SIGHUP says that it is gone, else it asks to reload.
function on.signal(self, ev)
  if ev.tag == self.signals.HUP and not self.log.live then
    self.log:line("info", "SIGHUP: reloading comes later; nothing was changed")
  elseif self.stopping then
    self.log:line("warn", "stopped at once")
    self.abort = true
  else
    self.stopping = true
  end
end

local function dispatch(self, ev)
  if task.dispatch(self.w, ev) then return end
  for _, f in ipairs(self.feeders) do
    if f:event(ev) then return end
  end
  if ev.tag ~= 0 and ev.tag == self.tick then
    status.tick(self)
    self.tick = self.w:timer(1000)
  elseif on[ev.name] then
    on[ev.name](self, ev)
  end
end

-- Poll once; false when the loop should end.
function Run:step(ms)
  for ev in self.w:events(ms) do dispatch(self, ev) end
  return not (self.stopping or self.failed)
end

function Run:start()
  self.signals = {}
  for _, name in ipairs { "TERM", "INT", "HUP" } do
    self.signals[name] = assert(self.w:signal(name))
  end
  self.tick = assert(self.w:timer(1000))
  assert(self.w:log_events(self.log.level))
end

-- ---- the end ----

-- Wait until a stage has handed on all it took; false where it was not to be had.
local function drained(self, stage, deadline)
  local tag, gone = stage:drain(), false
  while tag and not gone do
    local left = deadline - self.w:now_ms()
    if left <= 0 or self.abort then return false end
    for ev in self.w:events(math.min(left, 1000)) do
      if ev.tag == tag then gone = true else dispatch(self, ev) end
    end
  end
  return gone
end

-- Source, bus, agg, store in turn; what is in the log stays there in any case.
function Run:drain()
  local deadline = self.w:now_ms() + drain_ms
  local all = true
  for _, f in ipairs(self.feeders) do
    if f.stage then all = drained(self, f.stage, deadline) and all end
  end
  for _, name in ipairs { "bus", "agg", "store" } do
    if all then all = drained(self, self[name], deadline) end
  end
  return all
end

function Run:close()
  for _, f in ipairs(self.feeders) do f:close() end
  task.cancel_all(self.w)
  self.w:close()
end

-- Until a signal or a failure: true, or nil and why.
function Run:loop()
  self:start()
  while self:step(-1) do end
  self.log:line("info", self.failed and "ending" or "draining")
  local all = self:drain()
  self.log:clear()
  self:close()
  if self.failed then return nil, self.failed end
  if not all then return nil, "stopped before everything was drained; the log has it" end
  return true
end

return M
