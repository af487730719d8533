-- SPDX-License-Identifier: Apache-2.0
-- Kraken: version 1 is arrays without names and without trade ids, version 2 has both.
return {
  venue = "Kraken",
  url = "wss://ws.kraken.com",
  subscribe = { send = '{"event":"subscribe","pair":[{list}],"subscription":{"name":"trade"}}', item = '"{symbol}"',
                separator = ",", at_most = 100 },
  unsubscribe = { send = '{"event":"unsubscribe","pair":[{list}],"subscription":{"name":"trade"}}',
                  item = '"{symbol}"', separator = ",", at_most = 100 },
  heartbeat = { timeout = 15 },
  errors = { error = "drop", ["rate-limit"] = "wait" },

  ids = "ordered", repeats = 0, quantity = "base", open = "first",
  symbols = { "{base}/{quote}", "X{base:3}Z{quote:3}", "X{base:3}X{quote:3}", "{pair}" },
  quotes = { "USDT", "USDC", "PYUSD", "ZUSD", "ZEUR", "DAI", "USD", "EUR", "GBP", "CAD", "JPY", "CHF", "AUD", "XBT", "ETH",
             "DOT" },
  aliases = { XBT = "BTC", XDG = "DOGE", ZUSD = "USD", ZEUR = "EUR" },

  messages = {
    { payload = "trade", when = { [-2] = "trade" }, trades = "[2][]",
      fields = { symbol = "$[-1]", price = 1, qty = 2, time = { 3, unit = "s" }, side = { 4, buy = "b", sell = "s" } } },
    { payload = "trade", when = { channel = "trade", data = { kind = "array" } }, trades = "data[]",
      fields = { symbol = "symbol", price = "price", qty = "qty", time = { "timestamp", unit = "iso" }, id = "trade_id",
                 side = { "side", buy = "buy", sell = "sell" }, snapshot = { "$.type", is = "snapshot" } } },
    { payload = "session", when = { event = "heartbeat" }, control = "heartbeat" },
    { payload = "session", when = { channel = "heartbeat" }, control = "heartbeat" },
    { payload = "session", when = { event = "subscriptionStatus", status = "subscribed", channelName = "trade" },
      control = "subscribed", symbol = "pair" },
    { payload = "session", when = { event = "subscriptionStatus", status = "unsubscribed", channelName = "trade" },
      control = "unsubscribed", symbol = "pair" },
    { payload = "session", when = { method = "subscribe", success = true, ["result.channel"] = "trade" },
      control = "subscribed", symbol = "result.symbol" },
    { payload = "rate-limit", when = { errorMessage = { contains = "rate limit" } }, control = "rate-limit" },
    { payload = "error", any = { { event = "subscriptionStatus", status = "error" }, { event = "error" },
                                 { success = false } }, control = "error", symbol = "pair" },
    { payload = "session", when = { event = "systemStatus" }, control = "welcome" },
    { payload = "session", any = { { event = { present = true } }, { method = { present = true } },
                                   { channel = "status" } } },
    { payload = "book", any = { { [-2] = { prefix = "book" } }, { channel = "book" } } },
    { payload = "ticker", any = { { [-2] = { "ticker", "spread" } }, { channel = "ticker" } } },
    { payload = "candles", any = { { [-2] = { prefix = "ohlc" } }, { channel = "ohlc" } } },
  },

  csv = {
    { fields = { symbol = { "symbol", optional = true }, price = "price", qty = "volume", time = { "time", unit = "s" },
                 id = { "trade_id", optional = true }, side = { "side", buy = "b", sell = "s" } } },
    { columns = 3, fields = { time = { 1, unit = "s" }, price = 2, qty = 3 } },     -- the archive of times and sales
    { payload = "candles", has = { "time", "open", "high", "low", "close" } },
  },
}
