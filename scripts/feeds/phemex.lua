-- SPDX-License-Identifier: Apache-2.0
-- Phemex: scaled integers without ids. Prices of contracts are times 10^4, of spot pairs (s...)
-- times 10^8; the message's sequence is the venue's order. The newer linear contracts have true
-- decimals.
local scale = { ["s*"] = 8, default = 4 }
local size = { ["s*"] = 8, default = 0 }

return {
  venue = "Phemex",
  url = "wss://ws.phemex.com",
  subscribe = '{"id":1,"method":"trade.subscribe","params":["{symbol}"]}',
  unsubscribe = '{"id":2,"method":"trade.unsubscribe","params":[]}',
  ping = { every = 15, send = '{"id":0,"method":"server.ping","params":[]}' },
  heartbeat = { timeout = 30 },
  errors = { error = "drop" },

  ids = "none", repeats = 200, quantity = { spot = "base", default = "contracts" }, open = "first",
  symbols = { "s{pair}", { "{pair}", kind = "PERP" } },
  quotes = { "USDT", "USDC", "USD", "BTC" },

  messages = {
    { payload = "trade", when = { trades = { kind = "array" } }, trades = "trades[]",
      order = "newest",
      fields = { symbol = "$.symbol", time = { 1, unit = "ns" },
                 side = { 2, buy = "Buy", sell = "Sell" }, price = { 3, scale = scale },
                 qty = { 4, scale = size }, seq = { "$.sequence", order = true },
                 snapshot = { "$.type", is = "snapshot" } } },
    { payload = "trade", when = { trades_p = { kind = "array" } }, trades = "trades_p[]",
      order = "newest",
      fields = { symbol = "$.symbol", time = { 1, unit = "ns" },
                 side = { 2, buy = "Buy", sell = "Sell" }, price = 3, qty = 4,
                 seq = { "$.sequence", order = true }, snapshot = { "$.type", is = "snapshot" } } },
    { payload = "session", when = { result = "pong" }, control = "heartbeat" },
    { payload = "error", when = { ["error.code"] = { present = true } }, control = "error" },
    { payload = "session", when = { result = { present = true } }, control = "answer" },
    { payload = "book",
      any = { { book = { present = true } }, { orderbook_p = { present = true } } } },
    { payload = "candles",
      any = { { kline = { present = true } }, { kline_p = { present = true } } } },
    { payload = "ticker",
      any = { { market24h = { present = true } }, { spot_market24h = { present = true } },
              { tick = { present = true } } } },
  },

  csv = {
    { fields = { symbol = "symbol", time = { "timestamp_ns", unit = "ns" },
                 side = { "side", buy = "Buy", sell = "Sell" },
                 price = { "priceEp", scale = scale }, qty = { "qty", scale = size },
                 seq = { "sequence", order = true, optional = true },
                 snapshot = { "msg_type", is = "snapshot", optional = true } } },
    { payload = "candles", has = { "symbol", "open", "high", "low", "close" } },
  },
}
