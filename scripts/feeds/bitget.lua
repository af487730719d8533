-- SPDX-License-Identifier: Apache-2.0
-- Bitget (v1 streams): rows without ids, newest first; spot and perpetuals share symbols, so the
-- kind tells them apart. It publishes open = previous close.
local side = { buy = "buy", sell = "sell" }

return {
  venue = "Bitget",
  url = "wss://ws.bitget.com/spot/v1/stream",
  subscribe = { send = '{"op":"subscribe","args":[{list}]}', separator = ",", at_most = 50,
                item = '{"instType":"SP","channel":"trade","instId":"{symbol}"}' },
  unsubscribe = { send = '{"op":"unsubscribe","args":[{list}]}', separator = ",", at_most = 50,
                  item = '{"instType":"SP","channel":"trade","instId":"{symbol}"}' },
  ping = { every = 25, send = "ping" },
  heartbeat = { timeout = 60 },
  errors = { error = "drop", ["rate-limit"] = "wait" },

  ids = "none", repeats = 100, quantity = "base", open = "previous",
  kinds = { sp = "", SP = "", mc = "PERP", MC = "PERP" },
  symbols = { { "{pair}_UMCBL", kind = "PERP" }, { "{pair}_DMCBL", kind = "PERP" }, "{pair}_SPBL",
              "{pair}" },
  ask = "{pair}",                                       -- spot; perpetuals have another address
  quotes = { "USDT", "USDC", "BTC", "ETH", "EUR", "BRL", "BGB", "USD" },

  messages = {
    { payload = "trade", when = { ["arg.channel"] = "trade", data = { kind = "array" } },
      trades = "data[]", order = "newest",
      fields = { symbol = "$.arg.instId", kind = "$.arg.instType", time = { 1, unit = "ms" },
                 price = 2, qty = 3, side = { 4, buy = side.buy, sell = side.sell },
                 snapshot = { "$.action", is = "snapshot" } } },
    { payload = "session", when = { event = "subscribe", ["arg.channel"] = "trade" },
      control = "subscribed", symbol = "arg.instId" },
    { payload = "session", when = { event = "unsubscribe", ["arg.channel"] = "trade" },
      control = "unsubscribed", symbol = "arg.instId" },
    { payload = "rate-limit", when = { event = "error", code = "30006" }, control = "rate-limit" },
    { payload = "error", when = { event = "error" }, control = "error", symbol = "arg.instId" },
    { payload = "session", when = { event = { present = true } } },
    { payload = "book", when = { ["arg.channel"] = { prefix = "books" } } },
    { payload = "ticker", when = { ["arg.channel"] = "ticker" } },
    { payload = "candles", when = { ["arg.channel"] = { prefix = "candle" } } },
  },

  csv = {
    { fields = { symbol = "instId", kind = { "instType", optional = true },
                 time = { "ts", unit = "ms" }, price = "price", qty = "size",
                 side = { "side", buy = side.buy, sell = side.sell } } },
    { payload = "candles", has = { "instId", "open", "high", "low", "close" } },
  },
}
