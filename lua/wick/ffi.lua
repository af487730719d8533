-- SPDX-License-Identifier: Apache-2.0
-- wick.core for LuaJIT: every function of wick.h under its name without the prefix, as
-- src/bind/lua54*.c for Lua 5.4. Here: settings and contexts; the rest in lua/wick/ffi/. A state
-- declares C types once, so the module stands in its registry too, for a host that empties
-- package.loaded.
local registry = debug.getregistry()
if registry["wick.ffi"] then return registry["wick.ffi"] end

local ffi = require "ffi"
local C = require "wick.ffi.lib"
local arg = require "wick.ffi.arg"
local handle = require "wick.ffi.handle"
local view = require "wick.ffi.view"
local M = {}

for _, part in ipairs { "value", "feed", "stage" } do
  for name, fn in pairs(require("wick.ffi." .. part)) do M[name] = fn end
end

function M.live() return handle.live end
function M.abi() return C.wick_abi() end
function M.sizeof(name) return tonumber(C.wick_sizeof(arg.text("sizeof", 1, name))) end
function M.version() return ffi.string(C.wick_version()) end

-- ---- settings -----------------------------------------------------------------------------------

function M.conf_new()
  local out = ffi.new "wick_conf *[1]"
  local rc = C.wick_conf_new(out)
  if rc < 0 then return arg.fail("conf_new", "settings: no memory", rc) end
  return handle.new("conf", out[0])
end

function M.conf_free(c) return handle.close("conf_free", "conf", c) end

function M.conf_set(c, key, value)
  local p = handle.arg("conf_set", 1, c, "conf").p
  local rc = C.wick_conf_set(p, arg.text("conf_set", 2, key), arg.text("conf_set", 3, value))
  if rc < 0 then return arg.fail("conf_set", arg.string(C.wick_conf_error(p)), rc) end
  return true
end

function M.conf_get(c, key)
  return arg.string(C.wick_conf_get(handle.arg("conf_get", 1, c, "conf").p,
    arg.text("conf_get", 2, key)))
end

function M.conf_error(c)
  return arg.string(C.wick_conf_error(handle.arg("conf_error", 1, c, "conf").p))
end

function M.conf_option(i)
  local o = ffi.new "wick_option"
  if C.wick_conf_option(arg.int("conf_option", 1, i, 0, 2147483647), o) < 0 then return nil end
  return { key = arg.string(o.key), kind = arg.string(o.kind), env = arg.string(o.env),
    default = arg.string(o.dflt), help = arg.string(o.help) }
end

-- ---- contexts -----------------------------------------------------------------------------------

function M.open(conf)
  local c = conf ~= nil and handle.arg("open", 1, conf, "conf").p or nil
  local out = ffi.new "wick *[1]"
  local rc = C.wick_open(c, out)
  if rc < 0 then return arg.fail("open", "open: no memory, or no more files", rc) end
  return handle.new("context", out[0], out[0], true)
end

function M.close(w) return handle.close("close", "context", w) end

local function context(name, w)
  return handle.arg(name, 1, w, "context").p
end

function M.error(w) return ffi.string(C.wick_error(context("error", w))) end

function M.poll(w, max, timeout_ms)
  local p, room = context("poll", w), w.room
  max, timeout_ms = arg.int("poll", 2, max, 1, handle.EVENTS_MAX),
    arg.int("poll", 3, timeout_ms, -1, 2147483647)
  room.age[0] = room.age[0] + 1
  local n = C.wick_poll(p, room.events, max, timeout_ms)
  if n < 0 then return arg.fail("poll", ffi.string(C.wick_error(p)), n) end
  return view.view("event", room.events, n, room.age)
end

function M.fd(w) return C.wick_fd(context("fd", w)) end
function M.timeout(w) return C.wick_timeout(context("timeout", w)) end
function M.now_ns(w) return arg.exact_text(C.wick_now_ns(context("now_ns", w))) end

function M.timer(w, tag, ms)
  w = context("timer", w)
  return arg.answer("timer", w, C.wick_timer(w, arg.tag("timer", 2, tag),
    arg.int("timer", 3, ms, 0, 2 ^ 53)))
end

function M.timer_cancel(w, tag)
  w = context("timer_cancel", w)
  return arg.answer("timer_cancel", w, C.wick_timer_cancel(w, arg.tag("timer_cancel", 2, tag)))
end

function M.signal(w, signo, tag)
  w, signo = context("signal", w), arg.int("signal", 2, signo, 0, 2147483647)
  return arg.answer("signal", w, C.wick_signal(w, signo, arg.tag("signal", 3, tag)))
end

function M.log(w, level, text)
  w, level = context("log", w), arg.int("log", 2, level, 0, 3)
  return arg.answer("log", w, C.wick_log(w, level, arg.text("log", 3, text)))
end

function M.log_events(w, level)
  w, level = context("log_events", w), arg.int("log_events", 2, level, -1, 3)
  return arg.answer("log_events", w, C.wick_log_events(w, level))
end

function M.fault(w, point, nth)
  w, point = context("fault", w), arg.text("fault", 2, point)
  return arg.answer("fault", w, C.wick_fault(w, point, arg.int("fault", 3, nth, 0, 2 ^ 53)))
end

function M.market(w, name)
  w = context("market", w)
  return arg.answer_count("market", w, C.wick_market(w, arg.bytes("market", 2, name)))
end

function M.market_name(w, id)
  return arg.string(C.wick_market_name(context("market_name", w), arg.u32("market_name", 2, id)))
end

function M.market_symbol(w, id)
  return arg.string(C.wick_market_symbol(context("market_symbol", w),
    arg.u32("market_symbol", 2, id)))
end

function M.market_set_symbol(w, id, symbol)
  w, id = context("market_set_symbol", w), arg.u32("market_set_symbol", 2, id)
  return arg.answer("market_set_symbol", w,
    C.wick_market_set_symbol(w, id, arg.bytes("market_set_symbol", 3, symbol)))
end

function M.http_get(w, url, headers, tag)
  w, url, headers = context("http_get", w), arg.text("http_get", 2, url),
    arg.text_opt("http_get", 3, headers)
  return arg.answer("http_get", w, C.wick_http_get(w, url, headers, arg.tag("http_get", 4, tag)))
end

local text_out = ffi.new "const char *[1]"

function M.candles_text(w, candles, format, flags, columns)
  w = context("candles_text", w)
  local p, n = view.arg("candles_text", 2, candles, "candle")
  format, flags = arg.int("candles_text", 3, format, 0, C.WICK_FMT_JSON_COLUMNS),
    arg.int("candles_text", 4, flags, 0, 65535)
  local size = C.wick_candles_text(w, p, n, format, flags, arg.text_opt("candles_text", 5, columns),
    text_out)
  if size < 0 then return arg.fail("candles_text", ffi.string(C.wick_error(w)), size) end
  return size == 0 and "" or ffi.string(text_out[0], size)
end

registry["wick.ffi"] = M
return M
