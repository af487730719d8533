-- SPDX-License-Identifier: Apache-2.0
-- Gemini: version 2 of the market data feed; the first l2_updates of a symbol holds its last
-- trades.
local fields = { symbol = "symbol", time = { "timestamp", unit = "ms" }, price = "price",
                 qty = "quantity", id = "event_id", side = { "side", buy = "buy", sell = "sell" } }

return {
  venue = "Gemini",
  url = "wss://api.gemini.com/v2/marketdata",
  subscribe = { item = '"{symbol}"', separator = ",",
                send = '{"type":"subscribe","subscriptions":[{"name":"l2","symbols":[{list}]}]}' },
  unsubscribe = { item = '"{symbol}"', separator = ",",
                  send = '{"type":"unsubscribe","subscriptions":[{"name":"l2",'
                    .. '"symbols":[{list}]}]}' },
  heartbeat = { timeout = 30 },
  errors = { error = "drop" },

  ids = "ordered", repeats = 50, quantity = "base", open = "first",
  symbols = { { "{pair}PERP", kind = "PERP" }, "{pair}" },
  quotes = { "GUSD", "USDT", "USDC", "USD", "EUR", "GBP", "SGD", "BTC", "ETH", "DAI", "LTC", "BCH",
             "FIL" },

  messages = {
    { payload = "trade", when = { type = "trade" }, fields = fields },
    { payload = "trade", when = { type = "l2_updates", ["trades[1]"] = { present = true } },
      trades = "trades[]", fields = fields, snapshot = true },
    { payload = "session", when = { type = "heartbeat" }, control = "heartbeat",
      time = { "timestamp", unit = "ms" } },
    { payload = "error", when = { result = "error" }, control = "error" },
    { payload = "book", when = { type = "l2_updates" } },
    { payload = "candles", when = { type = { prefix = "candles_" } } },
    { payload = "auction", when = { type = { prefix = "auction_" } } },
  },

  csv = {
    { order = "newest",
      fields = { symbol = { "symbol", optional = true }, time = { "timestampms", unit = "ms" },
                 price = "price", qty = "amount", id = "tid",
                 side = { "type", buy = "buy", sell = "sell" } } },
  },
}
