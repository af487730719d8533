-- SPDX-License-Identifier: Apache-2.0
-- The fields of each POD, as Lua reads them: the same names and values as src/bind/lua54_pod.c. A
-- getter gets the POD's address and the element (its bytes, its loan).
local ffi = require "ffi"
local bit = require "bit"
local C = require "wick.ffi.lib"
local exact_text = require("wick.ffi.arg").exact_text

local band, tonumber = bit.band, tonumber
local NO_MARKET = tonumber(ffi.cast("int", C.WICK_NO_MARKET))

-- Names of enum members: WICK_EV_TIMER = 1 gives [1] = "timer".
local function names(prefix)
  local list = {}
  for name in require "wick.cdef":gmatch(prefix .. "([%u%d_]+)%s*=") do
    if not name:find "^F_" then
      list[tonumber(ffi.cast("int", C[prefix .. name]))] = name:lower()
    end
  end
  return list
end
local EVENTS, METHODS, MARKS = names "WICK_EV_", names "WICK_METHOD_", names "WICK_MARK_"

local POW = ffi.new "double[23]"
for k = 0, 22 do POW[k] = tonumber("1e" .. k) end

-- m * 10^exp as one division or product by a power that is exact up to 22: one double on both VMs.
local function scaled(m, exp)
  while exp < -22 do m, exp = m / POW[22], exp + 22 end
  while exp > 22 do m, exp = m * POW[22], exp - 22 end
  return exp < 0 and m / POW[-exp] or m * POW[exp]
end

local function wide(hi, lo, exp)
  return scaled(tonumber(hi) * 18446744073709551616 + tonumber(lo), exp)
end

local function ms(ns)
  local q = ns / 1000000
  return tonumber(ns % 1000000 < 0 and q - 1 or q)
end

local function market(id)
  if id ~= NO_MARKET then return id end
end

local function text(p)
  return p ~= nil and ffi.string(p) or ""
end

local function bytes(p, size)
  return p ~= nil and ffi.string(p, size) or ""
end

local F = {}

F.event = {
  kind = function(p) return p.kind end,
  name = function(p) return EVENTS[p.kind] or "?" end,
  status = function(p) return p.status end,
  from = function(p) return p.from end,
  tag = function(p) return p.tag end,
  count = function(p) return p.count end,
  stride = function(p) return p.stride end,
  text = function(p)
    if p.data ~= nil and p.stride <= 1 then return ffi.string(p.data, p.count) end
  end,
}

F.batch = {
  partition = function(p) return p.partition end,
  offset = function(p) return exact_text(p.offset) end,
  recv_ns = function(p) return exact_text(p.recv_ns) end,
  recv_ms = function(p) return ms(p.recv_ns) end,
  source = function(p) return text(p.source) end,
}

F.tick = {
  time_ns = function(p) return exact_text(p.time_ns) end,
  time_ms = function(p) return ms(p.time_ns) end,
  price = function(p) return scaled(tonumber(p.price), p.price_exp) end,
  qty = function(p) return scaled(tonumber(p.qty), p.qty_exp) end,
  seq = function(p) return exact_text(p.seq) end,
  market = function(p) return p.market end,
  trades = function(p) return p.trades end,
  nth = function(p) return p.nth end,
  id = function(p, e)
    local at, len = p.id_at, p.id_len
    if len == 0 or at + len > e._byte_n then return "" end
    return ffi.string(e._bytes + at, len)
  end,
  id_key = function(p) return exact_text(p.id_key) end,
  side = function(p)
    local flags = p.flags
    return band(flags, C.WICK_TICK_BUY) ~= 0 and "buy"
      or band(flags, C.WICK_TICK_SELL) ~= 0 and "sell" or ""
  end,
}

F.mark = {
  kind = function(p) return p.kind end,
  name = function(p) return MARKS[p.kind] or "?" end,
  market = function(p) return market(p.market) end,
  conn = function(p) return exact_text(p.conn) end,
  from_ns = function(p) return exact_text(p.from_ns) end,
  to_ns = function(p) return exact_text(p.to_ns) end,
  at = function(p) return p.at end,
  source = function(p) return p.source end,
  repeats = function(p) return p.repeats end,
  symbol = function(p) return text(p.symbol) end,
}

F.candle = {
  time_ns = function(p) return exact_text(p.time_ns) end,
  time_ms = function(p) return ms(p.time_ns) end,
  end_ns = function(p) return exact_text(p.end_ns) end,
  end_ms = function(p) return ms(p.end_ns) end,
  market = function(p) return p.market end,
  interval = function(p) return p.interval end,
  method = function(p) return METHODS[p.method] or "?" end,
  rev = function(p) return p.rev end,
  open = function(p) return scaled(tonumber(p.open), p.open_exp) end,
  high = function(p) return scaled(tonumber(p.high), p.high_exp) end,
  low = function(p) return scaled(tonumber(p.low), p.low_exp) end,
  close = function(p) return scaled(tonumber(p.close), p.close_exp) end,
  volume = function(p) return wide(p.volume_hi, p.volume_lo, p.volume_exp) end,
  quote = function(p) return wide(p.quote_hi, p.quote_lo, p.quote_exp) end,
  buy = function(p) return wide(p.buy_hi, p.buy_lo, p.volume_exp) end,
  sell = function(p) return wide(p.sell_hi, p.sell_lo, p.volume_exp) end,
  trades = function(p) return tonumber(p.trades) end,
  digest = function(p)
    return bit.tohex(tonumber(p.digest / 4294967296ULL))
      .. bit.tohex(tonumber(p.digest % 4294967296ULL))
  end,
  spare = function(p) return p.spare end,
}

F.control = {
  kind = function(p) return text(p.kind) end,
  symbol = function(p) return text(p.symbol) end,
  text = function(p) return bytes(p.text, p.text_len) end,
  time_ns = function(p) return exact_text(p.time_ns) end,
  time_ms = function(p) return ms(p.time_ns) end,
}

F.refusal = {
  reason = function(p) return text(p.reason) end,
  text = function(p) return text(p.text) end,
  market = function(p) return market(p.market) end,
  partition = function(p) return p.partition end,
  offset = function(p) return exact_text(p.offset) end,
  index = function(p) return p.index end,
  time_ns = function(p) return exact_text(p.time_ns) end,
  time_ms = function(p) return ms(p.time_ns) end,
}

F.request = {
  id = function(p) return exact_text(p.id) end,
  method = function(p) return text(p.method) end,
  target = function(p) return text(p.target) end,
  headers = function(p) return bytes(p.headers, p.headers_len) end,
  body = function(p) return bytes(p.body, p.body_len) end,
  peer = function(p) return text(p.peer) end,
  http_minor = function(p) return p.http_minor end,
}

F.reply = {
  status = function(p) return p.status end,
  headers = function(p) return bytes(p.headers, p.headers_len) end,
  body = function(p) return bytes(p.body, p.body_len) end,
}

local function flags(fields, masks)
  for name, mask in pairs(masks) do
    fields[name] = function(p) return band(p.flags, mask) ~= 0 end
  end
end
flags(F.tick, { buy = C.WICK_TICK_BUY, sell = C.WICK_TICK_SELL, snapshot = C.WICK_TICK_SNAPSHOT,
  reversed = C.WICK_TICK_REVERSED, ordered = C.WICK_TICK_ORDERED, received = C.WICK_TICK_RECEIVED,
  id_counts = C.WICK_TICK_ID_COUNTS, seq_counts = C.WICK_TICK_SEQ_COUNTS,
  seq_untimed = C.WICK_TICK_SEQ_UNTIMED, seconds = C.WICK_TICK_SECONDS })
flags(F.mark, { open_prev = C.WICK_MARK_F_OPEN_PREV })
flags(F.candle, { closed = C.WICK_CANDLE_CLOSED, complete = C.WICK_CANDLE_COMPLETE,
  open_prev = C.WICK_CANDLE_OPEN_PREV, delta = C.WICK_CANDLE_DELTA,
  behind = C.WICK_CANDLE_BEHIND })
flags(F.request, { upgrade = C.WICK_REQ_UPGRADE })

return F
