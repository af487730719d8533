-- SPDX-License-Identifier: Apache-2.0
-- Upbit: binary frames of JSON with short or long names; a market is spelled quote first.
return {
  venue = "Upbit",
  url = "wss://api.upbit.com/websocket/v1",
  subscribe = { send = '[{"ticket":"wick"},{"type":"trade","codes":[{list}]},{"format":"SIMPLE"}]',
                item = '"{symbol}"', separator = "," },
  ping = { every = 60, send = "PING" },
  heartbeat = { timeout = 120 },
  errors = { error = "drop" },

  ids = "ordered", repeats = 1, quantity = "base", open = "first",
  symbols = { "{quote}-{base}" },

  messages = {
    { payload = "trade", when = { ty = "trade" },
      fields = { symbol = "cd", time = { "ttms", unit = "ms" }, price = "tp", qty = "tv",
                 id = "sid", side = { "ab", buy = "BID", sell = "ASK" },
                 snapshot = { "st", is = "SNAPSHOT" } } },
    { payload = "trade", when = { type = "trade" },
      fields = { symbol = "code", time = { "trade_timestamp", unit = "ms" }, price = "trade_price",
                 qty = "trade_volume", id = "sequential_id",
                 side = { "ask_bid", buy = "BID", sell = "ASK" },
                 snapshot = { "stream_type", is = "SNAPSHOT" } } },
    { payload = "session", when = { status = "UP" }, control = "heartbeat" },
    { payload = "error", when = { ["error.name"] = { present = true } }, control = "error" },
    { payload = "book", any = { { ty = "orderbook" }, { type = "orderbook" } } },
    { payload = "ticker", any = { { ty = "ticker" }, { type = "ticker" } } },
  },

  csv = {
    { fields = { symbol = { "market", optional = true }, time = { "timestamp", unit = "ms" },
                 price = "trade_price", qty = "trade_volume", id = "sequential_id",
                 side = { "ask_bid", buy = "BID", sell = "ASK" } } },
  },
}
