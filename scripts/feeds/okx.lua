-- SPDX-License-Identifier: Apache-2.0
-- OKX v5. The first message of an instrument repeats its last trade from before the
-- subscription, unmarked. The size of futures and swaps is in contracts.
return {
  venue = "OKX",
  url = "wss://ws.okx.com:8443/ws/v5/public",
  subscribe = { send = '{"op":"subscribe","args":[{list}]}',
                item = '{"channel":"trades","instId":"{symbol}"}', separator = ",", at_most = 50 },
  unsubscribe = { send = '{"op":"unsubscribe","args":[{list}]}',
                  item = '{"channel":"trades","instId":"{symbol}"}', separator = ",",
                  at_most = 50 },
  ping = { every = 25, send = "ping" },
  heartbeat = { timeout = 40 },
  errors = { error = "drop", ["rate-limit"] = "wait", auth = "stop" },

  ids = "ordered", repeats = 1, quantity = { spot = "base", default = "contracts" }, open = "first",
  symbols = { { "{base}-{quote}-SWAP", kind = "PERP" }, "{base}-{quote}-{date}", "{base}-{quote}" },
  ask = { { "{base}-{quote}-SWAP", kind = "PERP" }, "{base}-{quote}-{date}", "{base}-{quote}" },

  messages = {
    { payload = "trade",
      when = { ["arg.channel"] = { "trades", "trades-all" }, data = { kind = "array" } },
      trades = "data[]", snapshot = "first",
      fields = { symbol = "instId", time = { "ts", unit = "ms" }, price = "px", qty = "sz",
                 id = { "tradeId", gapless = true },
                 side = { "side", buy = "buy", sell = "sell" } } },
    { payload = "session",
      when = { event = "subscribe", ["arg.channel"] = { "trades", "trades-all" } },
      control = "subscribed", symbol = "arg.instId" },
    { payload = "session",
      when = { event = "unsubscribe", ["arg.channel"] = { "trades", "trades-all" } },
      control = "unsubscribed", symbol = "arg.instId" },
    { payload = "rate-limit", when = { event = "error", code = { "60014", "50011", "60030" } },
      control = "rate-limit" },
    { payload = "auth", when = { event = "error", code = { "60004", "60005", "60009", "60011" } },
      control = "auth" },
    { payload = "error", when = { event = "error" }, control = "error" },
    { payload = "session", when = { event = "notice" }, control = "reconnect" },
    { payload = "session", when = { event = { present = true } } },
    { payload = "book", when = { ["arg.channel"] = { prefix = { "books", "bbo" } } } },
    { payload = "ticker", when = { ["arg.channel"] = "tickers" } },
    { payload = "index", when = { ["arg.channel"] = { prefix = "index" } } },
    { payload = "candles", when = { ["arg.channel"] = { contains = "candle" } } },
  },

  csv = {
    { fields = { symbol = "instId", time = { "ts", unit = "ms" }, price = "px", qty = "sz",
                 id = "tradeId", side = { "side", buy = "buy", sell = "sell" } } },
  },
}
