-- SPDX-License-Identifier: Apache-2.0
-- Coinbase Advanced Trade: events within a message, trades within an event, newest first in
-- every one. The side is the maker's.
local side = { "side", buy = { "BUY", "buy" }, sell = { "SELL", "sell" }, of = "maker" }

return {
  venue = "Coinbase",
  url = "wss://advanced-trade-ws.coinbase.com",
  subscribe = { send = '{"type":"subscribe","product_ids":[{list}],"channel":"market_trades"}',
                item = '"{symbol}"', separator = "," },
  unsubscribe = { send = '{"type":"unsubscribe","product_ids":[{list}],"channel":"market_trades"}',
                  item = '"{symbol}"', separator = "," },
  heartbeat = { timeout = 30 },
  errors = { error = "drop", ["rate-limit"] = "wait", auth = "stop" },

  ids = "ordered", repeats = 100, quantity = "base", open = "first",
  symbols = { "{base}-{quote}" },

  messages = {
    { payload = "trade", when = { channel = "market_trades" }, trades = "events[].trades[]",
      order = "newest",
      fields = { symbol = "product_id", time = { "time", unit = "iso" }, price = "price",
                 qty = "size", id = { "trade_id", gapless = true }, side = side,
                 snapshot = { "^.type", is = "snapshot" } } },
    -- the Exchange feed: one match a message
    { payload = "trade", when = { type = { "match", "last_match" } },
      fields = { symbol = "product_id", time = { "time", unit = "iso" }, price = "price",
                 qty = "size", id = { "trade_id", gapless = true }, side = side,
                 snapshot = { "type", is = "last_match" } } },
    { payload = "session", when = { channel = "subscriptions" }, control = "subscribed",
      symbol = "events[].subscriptions.market_trades[]" },
    { payload = "session", when = { channel = "heartbeats" }, control = "heartbeat",
      time = { "timestamp", unit = "iso" } },
    { payload = "session", when = { type = "heartbeat" }, control = "heartbeat",
      time = { "time", unit = "iso" } },
    { payload = "session", when = { type = "subscriptions" }, control = "subscribed",
      symbol = "channels[].product_ids[]" },
    { payload = "auth", when = { type = "error", message = { contains = "authentication" } },
      control = "auth" },
    { payload = "error", when = { type = "error" }, control = "error" },
    { payload = "candles", when = { channel = "candles" } },
    { payload = "ticker", any = { { channel = { prefix = "ticker" } }, { type = "ticker" } } },
    { payload = "book", any = { { channel = "l2_data" }, { type = { "snapshot", "l2update" } } } },
    { payload = "status", any = { { channel = "status" }, { type = "status" } } },
  },

  csv = {
    { fields = { symbol = { "product_id", optional = true }, time = { "time", unit = "iso" },
                 price = "price", qty = "size", id = "trade_id", side = side } },
  },
}
