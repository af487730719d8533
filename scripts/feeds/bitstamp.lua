-- SPDX-License-Identifier: Apache-2.0
-- Bitstamp: the exact digits are in price_str and amount_str, the symbol is the end of the
-- channel's name.
return {
  venue = "Bitstamp",
  url = "wss://ws.bitstamp.net/",
  subscribe = '{"event":"bts:subscribe","data":{"channel":"live_trades_{symbol}"}}',
  unsubscribe = '{"event":"bts:unsubscribe","data":{"channel":"live_trades_{symbol}"}}',
  ping = { every = 30, send = '{"event":"bts:heartbeat"}' },
  heartbeat = { timeout = 75 },
  errors = { error = "drop" },

  ids = "ordered", repeats = 0, quantity = "base", open = "first",
  symbols = { "{base}/{quote}", "{pair}" }, ask = "{pair_lower}",
  quotes = { "USDT", "USDC", "USD", "EUR", "GBP", "BTC", "ETH", "PAX", "PYUSD", "EURC" },

  messages = {
    { payload = "trade", when = { event = "trade", channel = { prefix = "live_trades_" } },
      trades = "data",
      fields = { symbol = { "$.channel", prefix = "live_trades_" },
                 time = { "microtimestamp", unit = "us" }, price = "price_str", qty = "amount_str",
                 id = "id", side = { "type", buy = 0, sell = 1 } } },
    { payload = "session",
      when = { event = "bts:subscription_succeeded", channel = { prefix = "live_trades_" } },
      control = "subscribed", symbol = { "channel", prefix = "live_trades_" } },
    { payload = "session",
      when = { event = "bts:unsubscription_succeeded", channel = { prefix = "live_trades_" } },
      control = "unsubscribed", symbol = { "channel", prefix = "live_trades_" } },
    { payload = "session", when = { event = "bts:heartbeat" }, control = "heartbeat" },
    { payload = "session", when = { event = "bts:request_reconnect" }, control = "reconnect" },
    { payload = "error", when = { event = "bts:error" }, control = "error" },
    { payload = "session", when = { event = { prefix = "bts:" } } },
    { payload = "book",
      any = { { channel = { contains = "order_book" } }, { channel = { prefix = "live_orders_" } },
              { bids = { present = true }, asks = { present = true } } } },
  },

  csv = {
    { fields = { symbol = { "pair", optional = true }, time = { "date", unit = "s" },
                 price = "price", qty = "amount", id = "tid",
                 side = { "type", buy = 0, sell = 1 } } },
    { payload = "candles", has = { "timestamp", "open", "high", "low", "close" } },
  },
}
