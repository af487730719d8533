-- SPDX-License-Identifier: Apache-2.0
-- One source of the run loop: its stage, and its session's effects carried out. The session decides
-- (session.lua), this opens, sends, waits and reopens.
local session = require "wick.session"

local M = {}
local Feeder = {}
Feeder.__index = Feeder

-- What the feed table says of its session.
local function facts(plan, c)
  local t = plan.table
  local o = { symbols = plan.markets, subscribe = t.subscribe, unsubscribe = t.unsubscribe,
    ping = t.ping, timeout_ms = t.heartbeat and t.heartbeat.timeout * 1000, errors = t.errors,
    answers = {}, min_ms = c:ms "reconnect.min", max_ms = c:ms "reconnect.max" }
  for _, m in ipairs(t.messages or {}) do
    if m.control == "welcome" then o.welcomes = true end
    if m.control == "subscribed" then o.confirms = true end
    if m.answer then o.answers[m.control] = m.answer end
  end
  return o
end

local function first(v) return type(v) == "table" and v[1] or v end

-- Address and headers of a venue, with its key where one is set.
local function address(plan, c)
  local t = plan.table
  local url, headers, key = first(t.url), {}, nil
  if plan.feed == "cryptocompare" then
    url = c:given "cryptocompare.ws_url" and c:get "cryptocompare.ws_url" or url
    key = c:given "cryptocompare.key" and c:get "cryptocompare.key"
  end
  for name, value in pairs(t.headers or {}) do headers[#headers + 1] = name .. ": " .. value end
  table.sort(headers)
  if key and t.key and t.key.header then
    headers[#headers + 1] = session.fill(t.key.header, { key = key })
  elseif key and t.key and t.key.query then
    url = url .. (url:find("?", 1, true) and "&" or "?") .. session.fill(t.key.query, { key = key })
  end
  return url, headers
end

-- The simulator's address with the markets that are asked of it, where it names none itself.
local function sim_url(plan)
  local url, names = plan.url, {}
  for i, m in ipairs(plan.markets) do names[i] = m.name end
  if #names == 0 or url:find "[?&]markets=" then return url end
  local text = table.concat(names, ","):gsub("[%%&]", function(c)
    return ("%%%02X"):format(c:byte())
  end)
  return url .. (url:find("?", 1, true) and "&" or "?") .. "markets=" .. text
end

-- sim: goes on behind its own newest trade in the log, a recording where the log has it to.
local function options(self)
  local plan, c = self.plan, self.c
  local o = { feed = self.feed, name = plan.source, tag = self.tag,
    owner = #plan.owners > 0 and table.concat(plan.owners, "\nowner=") or nil }
  if plan.kind == "file" then
    o.market, o.follow, o.place = plan.market, 1, plan.feed
    return "file:" .. plan.path, o
  end
  if plan.kind == "sim" then
    local last = self.to:last_ms(plan.name)
    o.place, o.after = plan.name, last > 0 and ("%.0f000000"):format(last) or nil
    return sim_url(plan), o
  end
  local url, headers = address(plan, c)
  if #headers > 0 then o.header = table.concat(headers, "\nheader=") end
  if c:get "tls.ca" ~= "" then o.ca = c:get "tls.ca" end
  return url, o
end

local function open(self)
  local url, o = options(self)
  local stage, why = self.w:source(url, o)
  if not stage then return nil, why end
  local ok, bad = self.w:link(stage, self.to)
  if not ok then
    stage:close()
    return nil, bad
  end
  self.stage = stage
  return true
end

local effects = {}

function effects.send(self, text)
  if not self.stage then return end
  local ok, why = self.stage:send(text)
  if not ok then self.log("warn", "not sent: " .. tostring(why)) end
end

function effects.timer(self, name, ms, text)
  local on = self.stage and name ~= "retry" and self.stage or self.w
  local tag = on:timer(ms)
  if tag then self.timers[tag] = { timer = name, text = text, serial = self.session.serial } end
end

function effects.confirm(self, symbol)
  if self.stage then self.stage:subscribed(symbol) end
end

function effects.status(self, state, detail)
  self.state, self.detail = state, detail
  if state == "stopped" and detail ~= "" then
    self.log("error", ("stopped (%s): nothing more comes from it; mend markets or sources, then "
      .. "start again"):format(detail))
  end
end

function effects.log(self, level, text) self.log(level, text) end

-- End the connection from this side; the session hears of it as of any other end.
function effects.drop(self)
  if self.stage then self.stage:close() end
  self.stage = nil
  if self.session.state ~= "stopped" then self:tell { name = "closed", why = "dropped" } end
end

function effects.reopen(self)
  local ok, why
  if self.stage then
    ok, why = self.stage:reopen()
  else
    ok, why = open(self)
  end
  if not ok then self:tell { name = "closed", why = tostring(why) } end
end

-- Give the session an event and do what it says.
function Feeder:tell(ev)
  ev.luck = math.random()
  if not self.session then return end
  for _, e in ipairs(self.session:step(ev)) do effects[e[1]](self, e[2], e[3], e[4]) end
end

local function ended(self, ev)
  self.state, self.detail = "ended", ev.status < 0 and (ev.text or "failed") or ""
  self.log(ev.status < 0 and "error" or "info",
    ev.status < 0 and "ended: " .. self.detail or "the input is over")
end

-- An event of the poll; true where it was of this source.
function Feeder:event(ev)
  local timer = self.timers[ev.tag]
  if timer and ev.name == "timer" then
    self.timers[ev.tag] = nil
    self:tell { name = "timer", timer = timer.timer, text = timer.text, serial = timer.serial,
      seen = self.stage and self.stage:stat "messages" or -1 }
    return true
  end
  if not self.stage or ev.from ~= self.stage.id then return false end
  if ev.name == "opened" then
    self.log("info", "connected")
    self:tell { name = "opened" }
    if not self.session then self.state = "live" end
  elseif ev.name == "closed" then
    self:tell { name = "closed", why = ev.text or "", status = ev.status }
  elseif ev.name == "message" then
    local m = ev.control
    self:tell { name = "control", kind = m.kind, symbol = m.symbol, text = m.text }
  elseif ev.name == "end" then
    ended(self, ev)
  elseif ev.name == "refused" then
    self.refused(ev.refusals, self)
  end
  return true
end

function Feeder:close()
  if self.session then self.session:step { name = "stop" } end
  if self.stage then self.stage:close() end
  self.stage = nil
end

-- o: w, plan (of sources.lua), feed, c, to (the log), log(level, text), refused(list, feeder). nil
-- and why where it cannot be opened at all.
function M.open(o)
  local self = setmetatable({ w = o.w, plan = o.plan, name = o.plan.name, feed = o.feed, c = o.c,
    to = o.to, log = o.log, refused = o.refused, timers = {}, state = "connecting",
    detail = "", tag = o.w:tag() }, Feeder)
  if o.plan.kind ~= "file" then self.session = session.new(facts(o.plan, o.c)) end
  local ok, why = open(self)
  if not ok then return nil, why end
  return self
end

return M
