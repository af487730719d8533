-- SPDX-License-Identifier: Apache-2.0
-- Feed tables, decoders, and the check of a recording (src/bind/lua54_feed.c). What a decoder lends
-- ends with its next decode().
local ffi = require "ffi"
local C = require "wick.ffi.lib"
local arg = require "wick.ffi.arg"
local handle = require "wick.ffi.handle"
local view = require "wick.ffi.view"
local M = {}

function M.feed_new(w, plan)
  local p, out = handle.arg("feed_new", 1, w, "context").p, ffi.new "wick_feed *[1]"
  local rc = C.wick_feed_new(p, arg.bytes("feed_new", 2, plan), #plan, out)
  if rc < 0 then return arg.fail("feed_new", ffi.string(C.wick_error(p)), rc) end
  return handle.new("feed", out[0], p)
end

function M.feed_unref(f) return handle.close("feed_unref", "feed", f) end

function M.decoder_open(w, feed, market)
  local p = handle.arg("decoder_open", 1, w, "context").p
  local f = handle.arg("decoder_open", 2, feed, "feed").p
  local out = ffi.new "wick_decoder *[1]"
  local rc = C.wick_decoder_open(p, f, arg.text_opt("decoder_open", 3, market), out)
  if rc < 0 then return arg.fail("decoder_open", ffi.string(C.wick_error(p)), rc) end
  return handle.new("decoder", out[0], p, true)
end

function M.decoder_close(d) return handle.close("decoder_close", "decoder", d) end

local function decoder(name, d)
  handle.arg(name, 1, d, "decoder")
  return d.p, d.room
end

function M.decode(d, bytes, form, recv_ns)
  local p, room = decoder("decode", d)
  arg.bytes("decode", 2, bytes)
  form = arg.int("decode", 3, form, 0, C.WICK_FORM_BINARY)
  recv_ns = recv_ns ~= nil and arg.exact("decode", 4, recv_ns) or 0
  room.age[0] = room.age[0] + 1
  d.bytes = bytes                       -- its digits and rows are read from these
  local n = C.wick_decode(p, bytes, #bytes, form, recv_ns)
  if n < 0 then return arg.fail("decode", arg.string(C.wick_decoder_reason(p)), n) end
  return n
end

function M.decoder_address(d, url)
  local p = decoder("decoder_address", d)
  local rc = C.wick_decoder_address(p, arg.text("decoder_address", 2, url))
  if rc < 0 then return arg.fail("decoder_address", "decoder_address: it is none", rc) end
  return true
end

function M.decoder_batch(d)
  local p, room = decoder("decoder_batch", d)
  local rc = C.wick_decoder_batch(p, room.batch)
  if rc < 0 then return arg.fail("decoder_batch", "decoder_batch: no batch", rc) end
  return view.one("batch", room.batch, room.age)
end

function M.decoder_control(d)
  local p, room = decoder("decoder_control", d)
  if C.wick_decoder_control(p, room.control) < 0 then return nil end
  return view.one("control", room.control, room.age)
end

function M.decoder_payload(d)
  return arg.string(C.wick_decoder_payload((decoder("decoder_payload", d))))
end
function M.decoder_reason(d)
  return arg.string(C.wick_decoder_reason((decoder("decoder_reason", d))))
end

local digits = ffi.new "char[512]"

function M.decoder_digits(d, i, field)
  local p = decoder("decoder_digits", d)
  i, field = arg.u32("decoder_digits", 2, i), view.field("decoder_digits", 3, field)
  local n = C.wick_decoder_digits(p, i, field, digits, 512)
  if n < 0 then return arg.fail("decoder_digits", "decoder_digits: no such trade or field", n) end
  return ffi.string(digits, math.min(n, 511))
end

function M.decoder_row(d, i)
  local p = decoder("decoder_row", d)
  i = arg.u32("decoder_row", 2, i)
  local n = C.wick_decoder_row(p, i, nil, 0)
  if n < 0 then return arg.fail("decoder_row", "decoder_row: no such trade", n) end
  local out = ffi.new("char[?]", n + 1)
  C.wick_decoder_row(p, i, out, n + 1)
  return ffi.string(out, n)
end

function M.decoder_refused(d) return C.wick_decoder_refused((decoder("decoder_refused", d))) end

function M.decoder_refusal(d, i)
  local p = decoder("decoder_refusal", d)
  return arg.string(C.wick_decoder_refusal(p, arg.u32("decoder_refusal", 2, i)))
end

-- ---- a recording checked ------------------------------------------------------------------------

function M.check_open(w, feed, path, market)
  local p = handle.arg("check_open", 1, w, "context").p
  local f = handle.arg("check_open", 2, feed, "feed").p
  path, market = arg.text("check_open", 3, path), arg.text_opt("check_open", 4, market)
  local out = ffi.new "wick_check *[1]"
  local rc = C.wick_check_open(p, f, path, market, out)
  if rc < 0 then return arg.fail("check_open", ffi.string(C.wick_error(p)), rc) end
  return handle.new("check", out[0], p)
end

function M.check_close(c) return handle.close("check_close", "check", c) end

local checked = ffi.new "wick_checked"

-- One message or row as a table; nothing at the end.
function M.check_next(h)
  handle.arg("check_next", 1, h, "check")
  local rc = C.wick_check_next(h.p, checked)
  if rc < 0 then return arg.fail("check_next", ffi.string(C.wick_error(h.w)), rc) end
  if rc == 0 then return nil end
  return { line = tonumber(checked.line), trades = checked.trades, refused = checked.refused,
    payload = arg.string(checked.payload), reason = arg.string(checked.reason),
    rows = checked.rows ~= nil and ffi.string(checked.rows, checked.rows_size) or "" }
end

function M.check_refusal(h, i)
  local p = handle.arg("check_refusal", 1, h, "check").p
  return arg.string(C.wick_check_refusal(p, arg.u32("check_refusal", 2, i)))
end

return M
