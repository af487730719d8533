-- SPDX-License-Identifier: Apache-2.0
-- Stages as objects: how each kind is opened on a context, and what it can be told. Whatever ends
-- as an event gives its tag back, a fresh one where none is given.
local core = require "wick.core"
local M = {}

-- A result with its tag in place of true.
function M.tagged(tag, ok, text, code)
  if not ok then return nil, text, code end
  return tag
end
local tagged = M.tagged

-- A table as "key=value" lines, sorted by key; a text as it is.
function M.lines(t, between, skip)
  if type(t) ~= "table" then return t end
  local list = {}
  for key, value in pairs(t) do
    if not (skip and skip[key]) then
      if type(value) == "number" then value = ("%.14g"):format(value) end
      list[#list + 1] = key .. between .. tostring(value)
    end
  end
  table.sort(list)
  return #list > 0 and table.concat(list, "\n") .. "\n" or nil
end

-- ---- what every stage can -----------------------------------------------------------------------

local Stage = {}
Stage.__index = Stage

function Stage:hold() return core.stage_hold(self.core) end
function Stage:flow() return core.stage_flow(self.core) end
function Stage:stat(name) return core.stage_stat(self.core, name) end

function Stage:drain(tag)
  tag = tag or self.w:tag()
  return tagged(tag, core.stage_drain(self.core, tag))
end

-- All its counters by name.
function Stage:stats()
  local stats, i = {}, 0
  repeat
    local name = core.stage_stat_name(self.core, i)
    if name then stats[name] = core.stage_stat(self.core, name) end
    i = i + 1
  until not name
  return stats
end

function Stage:close()
  self.w.stages[self.id] = nil
  return core.stage_close(self.core)
end

local function kind(name)
  local class = setmetatable({ kind = name }, Stage)
  class.__index = class
  return class
end

-- ---- what each kind can besides -----------------------------------------------------------------

local Source, Bus, Agg, Store = kind "source", kind "bus", kind "agg", kind "store"
local Cache, Server, Sim = kind "cache", kind "server", kind "sim"

function Source:send(text) return core.source_send(self.core, text) end
function Source:subscribed(symbol) return core.source_subscribed(self.core, symbol) end
function Source:unsubscribed(symbol) return core.source_unsubscribed(self.core, symbol) end
function Source:now_ns() return core.source_now_ns(self.core) end
function Source:reopen() return core.source_reopen(self.core) end

-- By the source's own clock.
function Source:timer(ms, tag)
  tag = tag or self.w:tag()
  return tagged(tag, core.source_timer(self.core, tag, ms))
end

-- The newest time in ms that a source opened with place = name has in the log, 0: none.
function Bus:last_ms(name) return core.bus_last_ms(self.core, name) end

function Agg:finish(tag)
  tag = tag or self.w:tag()
  return tagged(tag, core.agg_finish(self.core, tag))
end

-- q: { market = id, interval = code, start_ms = (or start_ns), end_ms = (or end_ns), limit =,
-- partial =, desc =, prev = }
function Store:query(q, tag)
  tag = tag or self.w:tag()
  return tagged(tag, core.store_query(self.core, q, tag))
end

function Store:rows(what, tag)
  tag = tag or self.w:tag()
  return tagged(tag, core.store_rows(self.core, what, tag))
end

function Store:migrate(direction, tag)
  tag = tag or self.w:tag()
  return tagged(tag, core.store_migrate(self.core, direction, tag))
end

-- Its tag where it holds the whole answer, false where it does not.
function Cache:query(q, tag)
  tag = tag or self.w:tag()
  local held, text, code = core.cache_query(self.core, q, tag)
  if not held then return nil, text, code end
  return held > 0 and tag
end

function Cache:put(q, generation, candles)
  return core.cache_put(self.core, q, generation, candles)
end
function Cache:generation() return core.cache_generation(self.core) end

-- headers: "name: value" lines or a table.
function Server:serve(request, status, headers, body)
  return core.serve(self.core, request, status, M.lines(headers, ": "), body)
end

function Server:upgrade(request, sim) return core.serve_upgrade(self.core, request, sim.core) end

function Sim:rest(target, headers) return core.sim_rest(self.core, target, headers) end

function Sim:truth(tag)
  tag = tag or self.w:tag()
  return tagged(tag, core.sim_truth(self.core, tag))
end

-- ---- opening ------------------------------------------------------------------------------------

local function wrap(w, class, tag, handle, text, code)
  if not handle then return nil, text, code end
  local s = setmetatable({ core = handle, w = w, id = core.stage_id(handle), tag = tag }, class)
  w.stages[s.id] = s
  return s
end

-- What is for Lua in the table of options; the rest goes to C as lines.
local OURS = { feed = true, tag = true }

local function open_with_options(open, class)
  return function(w, opts)
    local tag = opts and opts.tag or w:tag()
    return wrap(w, class, tag, open(w.core, M.lines(opts, "=", OURS), tag))
  end
end

local function open_with_url(open, class)
  return function(w, url, tag)
    tag = tag or w:tag()
    return wrap(w, class, tag, open(w.core, url, tag))
  end
end

-- Give contexts the ways to open stages.
function M.install(Context)
  -- w:source(url, { feed = f, name =, market =, ... }) or w:source(url, tag)
  function Context:source(url, opts)
    if type(opts) == "number" then opts = { tag = opts } end
    opts = opts or {}
    local tag = opts.tag or self:tag()
    return wrap(self, Source, tag,
      core.source_open(self.core, opts.feed and opts.feed.core, url, M.lines(opts, "=", OURS), tag))
  end

  Context.bus = open_with_url(core.bus_open, Bus)
  Context.store = open_with_url(core.store_open, Store)
  Context.cache = open_with_url(core.cache_open, Cache)
  Context.agg = open_with_options(core.agg_open, Agg)
  Context.sim = open_with_options(core.sim_open, Sim)

  function Context:server(bind, port, tag)
    tag = tag or self:tag()
    return wrap(self, Server, tag, core.server_open(self.core, bind, port, tag))
  end

  -- to nil: the script itself, by events "batch".
  function Context:link(from, to)
    return core.link(self.core, from.core, to and to.core)
  end
end

return M
