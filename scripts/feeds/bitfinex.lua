-- SPDX-License-Identifier: Apache-2.0
-- Bitfinex v2: arrays without names; a number stands for the channel since its confirmation.
-- Every trade is announced twice, `te` at once and `tu` once it is booked: the first counts. The
-- sign of the amount is the side.
local row = { symbol = { "$[1]", bound = "trades" }, id = 1, time = { 2, unit = "ms" }, qty = 3,
              price = 4, side = { sign = true } }

return {
  venue = "Bitfinex",
  url = "wss://api-pub.bitfinex.com/ws/2",
  subscribe = '{"event":"subscribe","channel":"trades","symbol":"{symbol}"}',
  unsubscribe = '{"event":"unsubscribe","chanId":{bound}}',
  heartbeat = { timeout = 35 },
  errors = { error = "drop", ["rate-limit"] = "wait" },

  ids = "ordered", repeats = 30, quantity = "base", open = "first",
  symbols = { { "t{base}F0:{quote}F0", kind = "PERP" }, "t{base:3}{quote:3}", "t{base}:{quote}",
              "{base:3}{quote:3}" },
  aliases = { UST = "USDT", UDC = "USDC", DSH = "DASH", QTM = "QTUM", IOT = "IOTA", DAT = "DATA" },

  messages = {
    { payload = "trade", when = { [2] = "te" }, trades = "[3]", fields = row },
    { payload = "trade", when = { [2] = { kind = "array" }, ["[2][1]"] = { kind = "array" } },
      trades = "[2][]", order = "newest", snapshot = true, fields = row },
    { payload = "repeat", when = { [2] = { "tu", "ftu" } } },
    { payload = "session", when = { [2] = "hb" }, control = "heartbeat" },
    { payload = "session", when = { event = "subscribed", channel = "trades" },
      control = "subscribed", symbol = "symbol", bind = { key = "chanId", as = "trades" } },
    { payload = "session", when = { event = "unsubscribed" }, control = "unsubscribed",
      symbol = { "chanId", bound = "trades" }, unbind = { key = "chanId", as = "trades" } },
    { payload = "session", when = { event = "info", code = { "20051", "20061" } },
      control = "reconnect" },
    { payload = "session", when = { event = "info" }, control = "welcome" },
    { payload = "rate-limit", when = { event = "error", code = { "10305", "11010" } },
      control = "rate-limit" },
    { payload = "error", when = { event = "error" }, control = "error", symbol = "symbol" },
    { payload = "session", when = { event = { present = true } } },
    { payload = "book", when = { [2] = { kind = "array" } } },
  },

  csv = {
    { fields = { symbol = { "symbol", optional = true }, id = "id", time = { "mts", unit = "ms" },
                 qty = "amount", price = "price", side = { sign = true } } },
    { payload = "candles", has = { "mts", "open", "close", "high", "low" } },
  },
}
