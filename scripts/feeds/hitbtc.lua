-- SPDX-License-Identifier: Apache-2.0
-- HitBTC: version 2 names the symbol beside the trades, version 3 makes it a key.
local v2 = { symbol = "$.params.symbol", time = { "timestamp", unit = "iso" }, price = "price",
             qty = "quantity", id = "id", side = { "side", buy = "buy", sell = "sell" } }
local v3 = { symbol = { key = 1 }, time = { "t", unit = "ms" }, price = "p", qty = "q", id = "i",
             side = { "s", buy = "buy", sell = "sell" } }

return {
  venue = "HitBTC",
  url = "wss://api.hitbtc.com/api/2/ws/public",
  subscribe = '{"method":"subscribeTrades","params":{"symbol":"{symbol}","limit":100},"id":1}',
  unsubscribe = '{"method":"unsubscribeTrades","params":{"symbol":"{symbol}"},"id":2}',
  heartbeat = { timeout = 60 },
  errors = { error = "drop", ["rate-limit"] = "wait" },

  ids = "ordered", repeats = 100, quantity = "base", open = "first",
  symbols = { { "{pair}_PERP", kind = "PERP" }, "{pair}" },
  quotes = { "USDT", "USDC", "TUSD", "EURS", "BUSD", "DAI", "USD", "BTC", "ETH", "BCH", "EOS",
             "EUR" },

  messages = {
    { payload = "trade", when = { method = "updateTrades" }, trades = "params.data[]",
      fields = v2 },
    { payload = "trade", when = { method = "snapshotTrades" }, trades = "params.data[]",
      fields = v2, snapshot = true },
    { payload = "trade", when = { ch = "trades", update = { present = true } },
      trades = "update{}[]", fields = v3 },
    { payload = "trade", when = { ch = "trades", snapshot = { present = true } },
      trades = "snapshot{}[]", fields = v3, snapshot = true },
    { payload = "session", when = { ch = "trades", ["result.subscriptions"] = { present = true } },
      control = "subscribed", symbol = "result.subscriptions[]" },
    { payload = "rate-limit", when = { ["error.code"] = 429 }, control = "rate-limit" },
    { payload = "error", when = { error = { present = true } }, control = "error" },
    { payload = "session", when = { result = { present = true } }, control = "answer" },
    { payload = "book",
      any = { { method = { "snapshotOrderbook", "updateOrderbook" } },
              { ch = { prefix = "orderbook" } } } },
    { payload = "candles",
      any = { { method = { "snapshotCandles", "updateCandles" } },
              { ch = { prefix = "candles" } } } },
    { payload = "ticker", any = { { method = "ticker" }, { ch = { prefix = "ticker" } } } },
  },

  csv = {
    { fields = { symbol = "symbol", time = { "timestamp", unit = "iso" }, price = "price",
                 qty = "quantity", id = "id", side = { "side", buy = "buy", sell = "sell" } } },
    { payload = "candles", has = { "symbol", "open", "close", "min", "max" } },
  },
}
