-- SPDX-License-Identifier: Apache-2.0
-- Binance USD-M futures: Binance's messages on another address, perpetuals and dated futures,
-- and trades in the columns of ccxt.
return {
  extends = "binance",
  url = "wss://fstream.binance.com/ws",
  history = { url = "https://fapi.binance.com/fapi/v1/aggTrades"
                      .. "?symbol={symbol}&fromId={cursor}&limit={limit}", limit = 1000,
              direction = "forward", cursor = "id", kind = "trades" },
  symbols = { "{pair}_{date}", { "{pair}", kind = "PERP" },
              { "{base}/USDT:USDT", quote = "USDT", kind = "PERP" },
              { "{base}/USDC:USDC", quote = "USDC", kind = "PERP" } },
  ask = { "{pair}_{date}", { "{pair}", kind = "PERP" } },
  csv = {
    { fields = { symbol = { "symbol", optional = true }, time = { "timestamp", unit = "ms" },
                 id = "id", side = { "side", buy = "buy", sell = "sell" }, price = "price",
                 qty = "amount" } },
    { fields = { symbol = { "symbol", optional = true }, time = { "time", unit = "ms" },
                 price = "price", qty = "qty", id = "id",
                 side = { "is_buyer_maker", buy = { false, "False" }, sell = { true, "True" } } } },
    { fields = { symbol = { "symbol", optional = true }, time = { "transact_time", unit = "ms" },
                 price = "price", qty = "quantity", id = "agg_trade_id",
                 count = { first = "first_trade_id", last = "last_trade_id" },
                 side = { "is_buyer_maker", buy = { false, "False" }, sell = { true, "True" } } } },
    { payload = "candles", has = { "open_time", "open", "high", "low", "close" } },
  },
}
