-- SPDX-License-Identifier: Apache-2.0
-- Exact values: decimals, ids, intervals, times (src/bind/lua54_value.c). Nanoseconds and mantissas
-- are text in Lua.
local ffi = require "ffi"
local C = require "wick.ffi.lib"
local arg = require "wick.ffi.arg"
local view = require "wick.ffi.view"
local M = {}

local out = ffi.new "char[512]"
local i64, int = ffi.new "int64_t[1]", ffi.new "int[1]"

local function text_out(what, n, size)
  if n < 0 then return arg.fail(what, what, n) end
  return ffi.string(out, math.min(n, size - 1))
end

local function refuse(what, text, rc)
  local why = ("%s: '%s'"):format(what, text:match "^%Z*":sub(1, 100))
  return arg.fail(why, why, rc)
end

function M.dec_text(hi, lo, exp)
  hi, lo = arg.exact("dec_text", 1, hi), arg.exact_unsigned("dec_text", 2, lo)
  local n = C.wick_dec_text(hi, lo, arg.int("dec_text", 3, exp, -32768, 32767), out, 512)
  return text_out("dec_text: too long", n < 512 and n or C.WICK_E_DATA, 512)
end

function M.dec_parse(text)
  local rc = C.wick_dec_parse(arg.bytes("dec_parse", 1, text), #text, i64, int)
  if rc < 0 then return refuse("not a decimal that fits", text, rc) end
  return arg.exact_text(i64[0]), int[0]
end

function M.candle_text(c, field)
  local p = view.arg("candle_text", 1, c, "candle")
  return text_out("candle_text: not a field of a candle",
    C.wick_candle_text(p, view.field("candle_text", 2, field), out, 128), 128)
end

function M.tick_text(t, field)
  local p = view.arg("tick_text", 1, t, "tick")
  return text_out("tick_text: not a field of a tick",
    C.wick_tick_text(p, view.field("tick_text", 2, field), out, 128), 128)
end

function M.id_key(id)
  return arg.exact_text(C.wick_id_key(arg.bytes("id_key", 1, id)))
end

function M.interval(text)
  local code = C.wick_interval(arg.bytes("interval", 1, text))
  if code < 0 then return refuse("not an interval", text, C.WICK_E_DATA) end
  return tonumber(code)
end

function M.interval_text(code)
  local n = C.wick_interval_text(arg.u32("interval_text", 1, code), out, 32)
  return text_out("interval_text: not the code of an interval", n, 32)
end

function M.bucket(code, ns)
  return arg.exact_text(C.wick_bucket(arg.u32("bucket", 1, code), arg.exact("bucket", 2, ns)))
end

function M.bucket_end(code, ns)
  code, ns = arg.u32("bucket_end", 1, code), arg.exact("bucket_end", 2, ns)
  return arg.exact_text(C.wick_bucket_end(code, ns))
end

function M.interval_divides(interval, of)
  interval = arg.u32("interval_divides", 1, interval)
  return C.wick_interval_divides(interval, arg.u32("interval_divides", 2, of)) > 0
end

function M.time_parse(text)
  local rc = C.wick_time_parse(arg.bytes("time_parse", 1, text), #text, i64)
  if rc < 0 then return refuse("not a time", text, rc) end
  return arg.exact_text(i64[0])
end

function M.time_text(ns)
  local n = C.wick_time_text(arg.exact("time_text", 1, ns), out, 64)
  return text_out("time_text: no such time", n, 64)
end

return M
