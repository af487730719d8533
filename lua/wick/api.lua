-- SPDX-License-Identifier: Apache-2.0
-- The API over the binding, once for both VMs: contexts, settings, feeds, exact values, constants.
-- What stages can do is in stage.lua; core.* stays within reach for whatever has no sugar.
local core = require "wick.core"
local stage = require "wick.stage"
local M = { core = core, version = core.version() }

-- ---- constants ----------------------------------------------------------------------------------

-- The enums of wick.h: M.const.WICK_EV_TIMER, and by group M.EV.TIMER.
M.const = {}
for body in require "wick.cdef":gmatch "enum%s*(%b{})" do
  for name, value in body:gmatch "(WICK_[%w_]+)%s*=%s*(%-?%w+)" do
    M.const[name] = tonumber(value)
  end
end
for _, group in ipairs { "E", "EV", "TICK", "MARK", "METHOD", "CANDLE", "FORM", "Q", "FMT" } do
  local t, prefix = {}, "WICK_" .. group .. "_"
  for name, value in pairs(M.const) do
    if name:sub(1, #prefix) == prefix then t[name:sub(#prefix + 1)] = value end
  end
  M[group] = t
end
M.NO_MARKET = M.const.WICK_NO_MARKET
M.SIGNAL = { HUP = 1, INT = 2, TERM = 15 }      -- POSIX gives these three their numbers
if core.abi() ~= M.const.WICK_ABI then
  error(("wick.cdef is of ABI %d, libwick has %d"):format(M.const.WICK_ABI, core.abi()), 0)
end

-- ---- exact values -------------------------------------------------------------------------------

M.dec, M.dec_text, M.id_key = core.dec_parse, core.dec_text, core.id_key
M.interval, M.interval_text = core.interval, core.interval_text
M.interval_divides = core.interval_divides
M.bucket, M.bucket_end = core.bucket, core.bucket_end
M.time, M.time_text = core.time_parse, core.time_text

-- ---- settings -----------------------------------------------------------------------------------

local Conf = {}
Conf.__index = Conf

function Conf:set(key, value)
  return core.conf_set(self.core, key, value)
end

-- For settings that people typed: true, or nil and why.
function Conf:try(key, value)
  if pcall(core.conf_set, self.core, key, value) then return true end
  return nil, core.conf_error(self.core)
end

function Conf:get(key) return core.conf_get(self.core, key) end
function Conf:close() return core.conf_free(self.core) end

-- Settings from a table, in the order of their names, so that the same mistake is always told
-- first.
function M.conf(settings)
  local conf = setmetatable({ core = core.conf_new() }, Conf)
  local keys = {}
  for key in pairs(settings or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do conf:set(key, settings[key]) end
  return conf
end

-- The rows of the table of options.
function M.options()
  local list = {}
  repeat
    list[#list + 1] = core.conf_option(#list)
    local more = core.conf_option(#list)
  until not more
  return list
end

-- ---- contexts -----------------------------------------------------------------------------------

local Context = {}
Context.__index = Context

-- wick.open { ["bus.url"] = "memory:" }, of settings or of a conf; nil, text, code where the world
-- says no.
function M.open(conf)
  local given = getmetatable(conf) == Conf
  local settings = given and conf or conf and M.conf(conf)
  local handle, text, code = core.open(settings and settings.core)
  if settings and not given then settings:close() end
  if not handle then return nil, text, code end
  local stages = setmetatable({}, { __mode = "v" })
  return setmetatable({ core = handle, stages = stages, last_tag = 2 ^ 31 }, Context)
end

-- Closes what is still open on it, newest first, then the context.
function Context:close()
  local open = {}
  for _, s in pairs(self.stages) do open[#open + 1] = s end
  table.sort(open, function(a, b) return a.id > b.id end)
  for _, s in ipairs(open) do s:close() end
  return core.close(self.core)
end

-- A tag that is nobody else's: the upper half of the numbers; the lower half is the script's.
function Context:tag()
  self.last_tag = self.last_tag < 2 ^ 32 - 1 and self.last_tag + 1 or 2 ^ 31 + 1
  return self.last_tag
end

function Context:poll(timeout_ms, max)
  return core.poll(self.core, max or 256, timeout_ms or 0)
end

-- One poll, then its events, good until the next: for ev in w:events(100) do ... end
function Context:events(timeout_ms)
  local events, text = self:poll(timeout_ms)
  if not events then error(text, 2) end
  local i, n = 0, #events
  return function()
    i = i + 1
    if i <= n then return events[i] end
  end
end

function Context:error() return core.error(self.core) end
function Context:fd() return core.fd(self.core) end
function Context:timeout() return core.timeout(self.core) end
function Context:now_ns() return core.now_ns(self.core) end
function Context:now_ms() return tonumber((core.now_ns(self.core):sub(1, -7))) end
function Context:log(level, text) return core.log(self.core, level, text) end
-- Lines of C's log come as events "log" (status: level, text) up to this level; -1: none.
function Context:log_events(level) return core.log_events(self.core, level) end

function Context:fault(point, nth) return core.fault(self.core, point, nth) end

-- What ends as an event gives its tag back, a fresh one where none is given.
function Context:timer(ms, tag)
  tag = tag or self:tag()
  return stage.tagged(tag, core.timer(self.core, tag, ms))
end

function Context:cancel(tag) return core.timer_cancel(self.core, tag) end

-- w:signal "TERM": from now on an event with this tag.
function Context:signal(name, tag)
  tag = tag or self:tag()
  return stage.tagged(tag, core.signal(self.core, M.SIGNAL[name] or name, tag))
end

function Context:http(url, headers, tag)
  tag = tag or self:tag()
  return stage.tagged(tag, core.http_get(self.core, url, stage.lines(headers, ": "), tag))
end

function Context:market(name) return core.market(self.core, name) end
function Context:name(id) return core.market_name(self.core, id) end
function Context:symbol(id) return core.market_symbol(self.core, id) end
function Context:set_symbol(id, symbol) return core.market_set_symbol(self.core, id, symbol) end

local FORMATS = { csv = "CSV", ndjson = "NDJSON", objects = "JSON_OBJECTS", rows = "JSON_ROWS",
  columns = "JSON_COLUMNS" }
local UNITS = { s = M.FMT.S, ms = 0, us = M.FMT.US, ns = M.FMT.NS }

-- Candles as text: { format = "csv", header =, strings =, prev =, unit = "s", columns = "time" }.
function Context:format(candles, opts)
  opts = opts or {}
  local format, unit = FORMATS[opts.format or "csv"], UNITS[opts.unit or "ms"]
  if not format then error(("format: no '%s'"):format(tostring(opts.format)), 2) end
  if not unit then error(("format: no unit '%s'"):format(tostring(opts.unit)), 2) end
  local flags = unit + (opts.header and M.FMT.HEADER or 0) + (opts.strings and M.FMT.STRINGS or 0)
    + (opts.prev and M.FMT.PREV or 0)
  return core.candles_text(self.core, candles, M.FMT[format], flags, opts.columns)
end

-- ---- feeds and decoders -------------------------------------------------------------------------

local Feed, Decoder, Check = {}, {}, {}
Feed.__index, Decoder.__index, Check.__index = Feed, Decoder, Check

local function wrap(class, handle, ...)
  if not handle then return nil, ... end
  return setmetatable({ core = handle }, class)
end

-- A feed from the plan text that wick.feed makes of a table.
function Context:feed(plan) return wrap(Feed, core.feed_new(self.core, plan)) end
function Feed:close() return core.feed_unref(self.core) end

function Context:decoder(feed, market)
  return wrap(Decoder, core.decoder_open(self.core, feed.core, market))
end
function Decoder:decode(bytes, form, recv_ns)
  return core.decode(self.core, bytes, form or M.FORM.FRAME, recv_ns)
end
function Decoder:address(url) return core.decoder_address(self.core, url) end
function Decoder:batch() return core.decoder_batch(self.core) end
function Decoder:payload() return core.decoder_payload(self.core) end
function Decoder:reason() return core.decoder_reason(self.core) end
function Decoder:control() return core.decoder_control(self.core) end
function Decoder:digits(i, field) return core.decoder_digits(self.core, i, field) end
function Decoder:row(i) return core.decoder_row(self.core, i) end
function Decoder:refused() return core.decoder_refused(self.core) end
function Decoder:refusal(i) return core.decoder_refusal(self.core, i) end
function Decoder:close() return core.decoder_close(self.core) end

-- A recording read through a feed: what `wick feed check` prints.
function Context:check(feed, path, market)
  return wrap(Check, core.check_open(self.core, feed.core, path, market))
end
function Check:next() return core.check_next(self.core) end
function Check:refusal(i) return core.check_refusal(self.core, i) end
function Check:close() return core.check_close(self.core) end

stage.install(Context)
return M
