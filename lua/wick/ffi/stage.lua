-- SPDX-License-Identifier: Apache-2.0
-- The functions of stages: opening each kind, linking, asking, answering (src/bind/lua54_stage.c,
-- lua54_table.c).
local ffi = require "ffi"
local C = require "wick.ffi.lib"
local arg = require "wick.ffi.arg"
local handle = require "wick.ffi.handle"
local view = require "wick.ffi.view"
local M = {}

local stage_out = ffi.new "wick_stage *[1]"

local function opened(name, w, rc)
  if rc < 0 then return arg.fail(name, ffi.string(C.wick_error(w.p)), rc) end
  return handle.new("stage", stage_out[0], w.p)
end

local function stage_arg(name, i, h)
  local s = handle.arg(name, i, h, "stage")
  return s.p, s.w
end

function M.source_open(w, feed, url, options, tag)
  handle.arg("source_open", 1, w, "context")
  local f = feed ~= nil and handle.arg("source_open", 2, feed, "feed").p or nil
  url, options = arg.text("source_open", 3, url), arg.text_opt("source_open", 4, options)
  tag = arg.tag("source_open", 5, tag)
  return opened("source_open", w, C.wick_source_open(w.p, f, url, options, tag, stage_out))
end

-- The stages that open by a text and a tag alone.
local function open_by(name)
  local symbol = "wick_" .. name
  M[name] = function(w, text, tag)
    handle.arg(name, 1, w, "context")
    text, tag = arg.text_opt(name, 2, text), arg.tag(name, 3, tag)
    return opened(name, w, C[symbol](w.p, text, tag, stage_out))
  end
end
for _, name in ipairs { "bus_open", "agg_open", "store_open", "cache_open", "sim_open" } do
  open_by(name)
end

function M.bus_last_ms(h, name)
  local s, w = stage_arg("bus_last_ms", 1, h)
  return arg.answer_count("bus_last_ms", w, C.wick_bus_last_ms(s, arg.text("bus_last_ms", 2, name)))
end

function M.server_open(w, bind, port, tag)
  handle.arg("server_open", 1, w, "context")
  bind, port = arg.text("server_open", 2, bind), arg.int("server_open", 3, port, 0, 65535)
  tag = arg.tag("server_open", 4, tag)
  return opened("server_open", w, C.wick_server_open(w.p, bind, port, tag, stage_out))
end

function M.stage_close(s)
  return handle.close("stage_close", "stage", s)
end

function M.link(w, from, to)
  local p = handle.arg("link", 1, w, "context").p
  from, to = stage_arg("link", 2, from), to ~= nil and stage_arg("link", 3, to) or nil
  return arg.answer("link", p, C.wick_link(p, from, to))
end

-- The functions of a stage alone; with a tag, which end as an event; with bytes.
local function tell(name, symbol)
  M[name] = function(h)
    local s, w = stage_arg(name, 1, h)
    return arg.answer(name, w, C[symbol](s))
  end
end
for _, name in ipairs { "stage_hold", "stage_flow", "source_reopen" } do
  tell(name, "wick_" .. name)
end

local function ask(name, symbol)
  M[name] = function(h, tag)
    local s, w = stage_arg(name, 1, h)
    return arg.answer(name, w, C[symbol](s, arg.tag(name, 2, tag)))
  end
end
for _, name in ipairs { "stage_drain", "agg_finish", "sim_truth" } do ask(name, "wick_" .. name) end

local function say(name, symbol)
  M[name] = function(h, text)
    local s, w = stage_arg(name, 1, h)
    return arg.answer(name, w, C[symbol](s, arg.bytes(name, 2, text)))
  end
end
for _, name in ipairs { "source_send", "source_subscribed", "source_unsubscribed" } do
  say(name, "wick_" .. name)
end

function M.source_timer(h, tag, ms)
  local s, w = stage_arg("source_timer", 1, h)
  tag, ms = arg.tag("source_timer", 2, tag), arg.int("source_timer", 3, ms, 0, 2 ^ 53)
  return arg.answer("source_timer", w, C.wick_source_timer(s, tag, ms))
end

function M.source_now_ns(s)
  return arg.exact_text(C.wick_source_now_ns((stage_arg("source_now_ns", 1, s))))
end

function M.stage_id(s)
  return C.wick_stage_id((stage_arg("stage_id", 1, s)))
end

function M.stage_stat(s, name)
  return tonumber(C.wick_stage_stat(stage_arg("stage_stat", 1, s), arg.text("stage_stat", 2, name)))
end

function M.stage_stat_name(s, i)
  s = stage_arg("stage_stat_name", 1, s)
  return arg.string(C.wick_stage_stat_name(s, arg.int("stage_stat_name", 2, i, 0, 2147483647)))
end

local INT64_MIN = ffi.cast("int64_t", 0x8000000000000000ULL)
local INT64_MAX = ffi.cast("int64_t", 0x7fffffffffffffffULL)

-- NAME_ns as text, or NAME_ms as a number, or what stands for open.
local function time_field(name, ns, ms, open)
  if ns ~= nil then return arg.exact(name, 2, ns) end
  if ms == nil then return open end
  return ffi.cast("int64_t", arg.int(name, 2, ms, -9223372036854, 9223372036854)) * 1000000
end

local function query_arg(name, t)
  if type(t) ~= "table" then
    arg.raise("%s: argument 2: a query expected, got %s", name, t == nil and "no value" or type(t))
  end
  local q = ffi.new "wick_query"
  q.start_ns = time_field(name, t.start_ns, t.start_ms, INT64_MIN)
  q.end_ns = time_field(name, t.end_ns, t.end_ms, INT64_MAX)
  q.market = t.market ~= nil and arg.u32(name, 2, t.market) or C.WICK_NO_MARKET
  q.interval = arg.u32(name, 2, t.interval ~= nil and t.interval or 0)
  q.limit = arg.u32(name, 2, t.limit ~= nil and t.limit or 0)
  q.flags = (t.partial and C.WICK_Q_PARTIAL or 0) + (t.desc and C.WICK_Q_DESC or 0)
    + (t.prev and C.WICK_Q_PREV or 0)
  return q
end

function M.store_query(h, q, tag)
  local s, w = stage_arg("store_query", 1, h)
  q = query_arg("store_query", q)
  return arg.answer("store_query", w, C.wick_store_query(s, q, arg.tag("store_query", 3, tag)))
end

local function ask_text(name, symbol)
  M[name] = function(h, text, tag)
    local s, w = stage_arg(name, 1, h)
    return arg.answer(name, w, C[symbol](s, arg.text(name, 2, text), arg.tag(name, 3, tag)))
  end
end
for _, name in ipairs { "store_rows", "store_migrate" } do ask_text(name, "wick_" .. name) end

function M.cache_query(h, q, tag)
  local s, w = stage_arg("cache_query", 1, h)
  q, tag = query_arg("cache_query", q), arg.tag("cache_query", 3, tag)
  return arg.answer_count("cache_query", w, C.wick_cache_query(s, q, tag))
end

function M.cache_put(h, q, generation, candles)
  local s, w = stage_arg("cache_put", 1, h)
  q, generation = query_arg("cache_put", q), arg.exact_unsigned("cache_put", 3, generation)
  local p, n = view.arg("cache_put", 4, candles, "candle")
  return arg.answer("cache_put", w, C.wick_cache_put(s, q, generation, p, n))
end

function M.cache_generation(s)
  return arg.exact_text(C.wick_cache_generation((stage_arg("cache_generation", 1, s))))
end

function M.serve(h, request, status, headers, body)
  local s, w = stage_arg("serve", 1, h)
  request, status = arg.exact_unsigned("serve", 2, request), arg.int("serve", 3, status, 100, 599)
  headers = arg.text_opt("serve", 4, headers)
  local size = 0
  if body ~= nil then body, size = arg.bytes("serve", 5, body) end
  return arg.answer("serve", w, C.wick_serve(s, request, status, headers, body, size))
end

function M.serve_upgrade(h, request, sim)
  local s, w = stage_arg("serve_upgrade", 1, h)
  request, sim = arg.exact_unsigned("serve_upgrade", 2, request), stage_arg("serve_upgrade", 3, sim)
  return arg.answer("serve_upgrade", w, C.wick_serve_upgrade(s, request, sim))
end

local text_out, status_out = ffi.new "const char *[1]", ffi.new "int[1]"

function M.sim_rest(h, target, headers)
  local s, w = stage_arg("sim_rest", 1, h)
  target, headers = arg.text("sim_rest", 2, target), arg.text_opt("sim_rest", 3, headers)
  local n = C.wick_sim_rest(s, target, headers, status_out, text_out)
  if n < 0 then return arg.fail("sim_rest", ffi.string(C.wick_error(w)), n) end
  return n == 0 and "" or ffi.string(text_out[0], n), status_out[0]
end

return M
