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
local again_ms = 300                        -- timeout(1) signals a process twice: that is one
local repeat_ms = 60000                     -- how long the same line of C's log is told once

-- What opens a stage raises on a mistake of the settings: nil, the mistake, true.
local function try(fn, ...)
  local ok, a, b = pcall(fn, ...)
  if ok then return a, b end
  return nil, (tostring(a):gsub("^%S+:%d+: ", "")), true
end

local function opened(self, name, stage, why, mistake)
  if not stage then return nil, ("%s: %s"):format(name, tostring(why)), mistake end
  self.stages[#self.stages + 1] = { kind = name, name = name, stage = stage }
  self[name] = stage
  return true
end

-- bus -> agg -> store -> cache; opened from the back, so that nothing is sent into the void.
local function open_line(self)
  local w, c = self.w, self.c
  for _, name in ipairs { "cache", "store", "agg", "bus" } do
    local arg = name ~= "agg" and c:get(name .. ".url") or nil
    local ok, why, mistake = opened(self, name, try(w[name], w, arg))
    if not ok then return nil, why, mistake end
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
  if not server then
    return nil, ("http.port: %s; stop what listens there, or set another one"):format(tostring(why))
  end
  opened(self, "server", server)
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
  for _, plan in ipairs(self.plan) do
    local feed, why = feeds.open(self.w, plan.table.path)
    if not feed then return nil, why end
    local name = plan.name
    local f, bad, mistake = try(feeder.open, { w = self.w, plan = plan, feed = feed, c = self.c,
      to = self.bus,
      log = function(level, text) self.log:line(level, name .. ": " .. text) end,
      refused = function(list) note_refusals(self, list, name) end })
    if not f then return nil, ("sources: '%s': %s"):format(plan.item, tostring(bad)), mistake end
    self.feeders[#self.feeders + 1] = f
    self.stages[#self.stages + 1] = { kind = "source", name = name, feeder = f }
  end
  return true
end

-- o: c (settings), plan (sources.lua), log. A run that is open, or nil, why, and whether that is a
-- mistake of the settings.
function M.open(o)
  local w, why, wrong = try(wick.open, o.c:table())
  if not w then return nil, why, wrong end
  local self = setmetatable({ w = w, c = o.c, plan = o.plan, log = o.log, stages = {}, feeders = {},
    refused = 0, told = {}, trouble = {}, intervals = {}, started_ms = w:now_ms() }, Run)
  for i, text in ipairs(o.c:list "intervals") do
    self.intervals[i] = wick.interval_text(wick.interval(text))
  end
  for _, open in ipairs { open_line, open_server, open_sources } do
    local ok, bad, mistake = open(self)
    if not ok then
      self:close()
      return nil, bad, mistake
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
  self.trouble.store, self.trouble.agg = nil, nil
  status.committed(self, ev.candles)
  self.datastore:committed()
end

function on.refused(self, ev) note_refusals(self, ev.refusals, "agg") end

local function stage_name(self, id)
  for _, row in ipairs(self.stages) do
    if row.stage and row.stage.id == id then return row.name end
  end
end

-- What a stage fails at until it goes on, for /health; its own line in the log says it to people.
function on.full(self, ev)
  local name = ev.status < 0 and stage_name(self, ev.from)
  if name then self.trouble[name] = ev.text and ev.text ~= "" and ev.text or "cannot go on" end
end

function on.ready(self, ev)
  local name = stage_name(self, ev.from)
  if name then self.trouble[name] = nil end
end

-- What is tried every second is not told every second.
function on.log(self, ev)
  local now, same = self.w:now_ms(), self.said
  if same and same.text == ev.text and now - same.ms < repeat_ms then return end
  self.said = { text = ev.text, ms = now }
  self.log:line(ev.status, ev.text)
end

-- On a terminal SIGHUP says that it is gone, else it asks to reload.
function on.signal(self, ev)
  if ev.tag == self.signals.HUP and not self.log.live then
    self.log:line("info", "SIGHUP: reloading comes later; nothing was changed")
  elseif not self.stopping then
    self.stopping = self.w:now_ms()
  elseif self.w:now_ms() - self.stopping >= again_ms then
    self.log:line("warn", "stopped at once")
    self.abort = true
  end
end

M.events = on

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
