-- SPDX-License-Identifier: Apache-2.0
-- Binance spot: aggregated trades (`f`..`l` are the raw trades in them), and raw ones where
-- asked for.
-- m: the buyer was the maker, so the taker sold
local side = { "m", buy = false, sell = true }
local agg = { symbol = "s", time = { "T", unit = "ms" }, price = "p", qty = "q", side = side,
              id = { "a", gapless = true }, count = { first = "f", last = "l" } }
local raw = { symbol = "s", time = { "T", unit = "ms" }, price = "p", qty = "q", side = side,
              id = { "t", gapless = true } }
local truth = { "isBuyerMaker", buy = { false, "False" }, sell = { true, "True" } }

return {
  venue = "Binance",
  url = "wss://stream.binance.com:9443/ws",
  subscribe = { send = '{"method":"SUBSCRIBE","params":[{list}],"id":1}',
                item = '"{lower}@aggTrade"', separator = ",", at_most = 200 },
  unsubscribe = { send = '{"method":"UNSUBSCRIBE","params":[{list}],"id":2}',
                  item = '"{lower}@aggTrade"', separator = ",", at_most = 200 },
  heartbeat = { timeout = 240 },
  history = { url = "https://api.binance.com/api/v3/aggTrades"
                      .. "?symbol={symbol}&fromId={cursor}&limit={limit}", limit = 1000,
              direction = "forward", cursor = "id", kind = "trades" },
  errors = { error = "drop", ["rate-limit"] = "wait" },

  ids = "ordered", repeats = 0, quantity = "base", open = "first",
  symbols = { "{pair}" },
  quotes = { "USDT", "FDUSD", "BUSD", "USDC", "TUSD", "USDP", "USD1", "PAX", "USDS", "DAI", "UST",
             "AEUR", "EURI", "IDRT", "BIDR", "BVND", "BKRW", "BTC", "ETH", "BNB", "XRP", "TRX",
             "DOGE", "DOT", "VAI", "NGN", "RUB", "TRY", "EUR", "GBP", "AUD", "BRL", "UAH", "ZAR",
             "PLN", "RON", "ARS", "JPY", "MXN", "CZK", "COP", "USD" },

  messages = {
    { payload = "trade", when = { ["data.e"] = "aggTrade" }, trades = "data", fields = agg },
    { payload = "trade", when = { e = "aggTrade" }, fields = agg },
    { payload = "trade", when = { ["data.e"] = "trade" }, trades = "data", fields = raw },
    { payload = "trade", when = { e = "trade" }, fields = raw },
    { payload = "book",
      any = { { ["data.e"] = "depthUpdate" }, { e = "depthUpdate" },
              { ["data.lastUpdateId"] = { present = true } },
              { lastUpdateId = { present = true } } } },
    { payload = "candles", any = { { ["data.e"] = "kline" }, { e = "kline" } } },
    { payload = "ticker",
      any = { { ["data.e"] = { "24hrTicker", "24hrMiniTicker", "bookTicker", "avgPrice" } },
              { e = { "24hrTicker", "24hrMiniTicker", "bookTicker", "avgPrice" } },
              { ["data.u"] = { present = true }, ["data.B"] = { present = true } },
              { u = { present = true }, B = { present = true } } } },
    { payload = "rate-limit", when = { code = { "-1003", "-1015" } }, control = "rate-limit" },
    { payload = "error",
      any = { { code = { kind = "number" }, msg = { present = true } },
              { ["error.code"] = { present = true } } }, control = "error" },
    { payload = "session", when = { id = { present = true }, result = { present = true } },
      control = "answer" },
  },

  csv = {
    { fields = { symbol = { "s", optional = true }, time = { "T", unit = "ms" }, price = "p",
                 qty = "q", id = "a",
                 side = { "m", buy = { false, "False" }, sell = { true, "True" } },
                 count = { first = "f", last = "l" } } },
    { fields = { symbol = { "symbol", optional = true }, time = { "time", unit = "ms" },
                 price = "price", qty = "qty", id = "id", side = truth } },
    -- The venue's own archive has no header: aggregated trades with 8 columns, raw ones with 7;
    -- since 2025 its times are microseconds.
    { columns = 8,
      fields = { id = 1, price = 2, qty = 3, count = { first = 4, last = 5 },
                 time = { 6, unit = { "ms", "us" } },
                 side = { 7, buy = { false, "False" }, sell = { true, "True" } } } },
    { columns = 7,
      fields = { id = 1, price = 2, qty = 3, time = { 5, unit = { "ms", "us" } },
                 side = { 6, buy = { false, "False" }, sell = { true, "True" } } } },
    { payload = "candles", has = { "open_time", "open", "high", "low", "close" } },
  },
}
