-- SPDX-License-Identifier: Apache-2.0
-- CryptoCompare: the v2 streamer (JSON, and its packed text), REST answers, and the successor's
-- streamer and REST. Only TYPE 0 is trades; 2 is a ticker, 5 an index, 24 the vendor's candles.
-- Time is in seconds, its ns beside it.
local trade = {
  symbol = { join = { "M", "FSYM", "TSYM" }, with = "~" },
  time = { "TS", unit = "s", plus = { "TSNS", unit = "ns" } },
  price = "P",
  qty = "Q",
  id = "ID",
  side = { "F", bits = { sell = 1, buy = 2, unknown = 4, reversed = 8 } },
  -- grows by one a trade, but not in time: it finds holes, it orders nothing
  seq = { "CCSEQ", gapless = true },
}
local no_market = { contains = { "market does not exist", "There is no data" } }

return {
  venue = "CryptoCompare",
  url = "wss://streamer.cryptocompare.com/v2",
  key = { header = "Authorization: Apikey {key}" },
  subscribe = { send = '{"action":"SubAdd","subs":[{list}]}', item = '"0~{symbol}"',
                separator = ",", at_most = 100 },
  unsubscribe = { send = '{"action":"SubRemove","subs":[{list}]}', item = '"0~{symbol}"',
                  separator = ",", at_most = 100 },
  heartbeat = { timeout = 75 },
  errors = { auth = "stop", ["rate-limit"] = "wait", error = "drop", disconnect = "reconnect" },
  history = { url = "https://min-api.cryptocompare.com/data/v2/{interval}"
                      .. "?fsym={base}&tsym={quote}&e={venue}"
                      .. "&limit={limit}&toTs={cursor}&tryConversion=false",
              interval = { ["1m"] = "histominute", ["1h"] = "histohour", ["1d"] = "histoday" },
              rows = "Data.Data", limit = 2000, extra_row = true, direction = "back",
              cursor = "time", unit = "s", inclusive = true, order = "oldest", stop = "zeros",
              kind = "candles",
              fields = { time = "time", open = "open", high = "high", low = "low", close = "close",
                         volume = "volumefrom", quote_volume = "volumeto" } },

  ids = "ordered", repeats = 20, quantity = "base", open = "first",
  symbols = { "{venue}~{base}~{quote}" },

  -- format=streamer, and the legacy streamer: the last field says in hexadecimal which others are
  -- there
  packed = { separator = "~",
             forms = { { when = "0", names = { "PACKED", "M", "FSYM", "TSYM", "F" },
                         mask = { "ID", "TS", "Q", "P", "TOTAL", "RTS", "CCSEQ", "TSNS",
                                  "RTSNS" } }, { names = { "PACKED", "MESSAGE", "INFO" } } } },
  split = "|",

  messages = {
    { payload = "trade", when = { TYPE = "0", P = { present = true } }, fields = trade },
    { payload = "legacy", when = { PACKED = "0" }, fields = trade },
    { payload = "index", when = { TYPE = { "5", "985", "987", "266", "267", "1101", "1105" } } },
    { payload = "ticker", when = { TYPE = "2" } },
    { payload = "candles", when = { TYPE = "24" } },
    { payload = "book", when = { TYPE = { "8", "9", "30" } } },
    { payload = "volume", when = { TYPE = { "11", "21" } } },

    -- the v2 streamer's session
    { payload = "session", when = { TYPE = "999" }, control = "heartbeat",
      time = { "TIMEMS", unit = "ms" } },
    { payload = "session", when = { TYPE = "16", SUB = { prefix = "0~" } }, control = "subscribed",
      symbol = { "SUB", prefix = "0~" } },
    { payload = "session", when = { TYPE = "17", SUB = { prefix = "0~" } },
      control = "unsubscribed", symbol = { "SUB", prefix = "0~" } },
    { payload = "session", when = { TYPE = "20" }, control = "welcome",
      time = { "SERVER_TIME_MS", unit = "ms" } },
    { payload = "session", when = { TYPE = "3" }, control = "loaded" },
    { payload = "session", when = { TYPE = { "16", "17", "18" } } },
    { payload = "auth", when = { TYPE = "401" }, control = "auth",
      symbol = { "PARAMETER", prefix = "0~" } },
    { payload = "rate-limit", when = { TYPE = "429" }, control = "rate-limit" },
    { payload = "error", when = { TYPE = "500", MESSAGE = "FORCE_DISCONNECT" },
      control = "disconnect" },
    { payload = "error",
      when = { TYPE = "500",
               MESSAGE = { "SUBSCRIPTION_ALREADY_ACTIVE", "SUBSCRIPTION_UNRECOGNIZED" } },
      control = "notice", symbol = { "PARAMETER", prefix = "0~" } },
    { payload = "error", when = { TYPE = "500" }, control = "error",
      symbol = { "PARAMETER", prefix = "0~" } },

    -- the successor's session
    { payload = "session", when = { TYPE = "4013" }, control = "heartbeat" },
    { payload = "session", when = { TYPE = "4000" }, control = "welcome" },
    { payload = "session", when = { TYPE = { "4005", "4007", "4008", "4009" } } },
    { payload = "session", when = { TYPE = "4010" }, control = "notice" },
    { payload = "rate-limit", when = { TYPE = "4002" }, control = "rate-limit" },
    { payload = "auth", when = { TYPE = "4011" }, control = "auth" },
    { payload = "error", when = { TYPE = { "4001", "4003", "4004", "4006", "4012" } },
      control = "error" },

    -- packed text that is no trade
    { payload = "session", when = { PACKED = "999" }, control = "heartbeat" },
    { payload = "session", when = { PACKED = { "3", "16", "17", "18", "20" } } },
    { payload = "auth", when = { PACKED = "401", MESSAGE = { prefix = "UNAUTH" } },
      control = "auth" },
    { payload = "rate-limit", when = { PACKED = { "401", "429" } }, control = "rate-limit" },
    { payload = "error", when = { PACKED = "500" }, control = "error" },
    { payload = "legacy", when = { PACKED = { present = true } } },

    -- REST: errors come with status 200, so the body decides
    { payload = "rate-limit", when = { Response = "Error", Type = 99 }, control = "rate-limit" },
    { payload = "unknown-path", when = { Response = "Error", Type = 0 }, control = "error" },
    { payload = "bad-parameter", when = { Response = "Error" }, control = "error",
      any = { { Type = 2 }, { Message = no_market }, { ParamWithError = { present = true } } } },
    { payload = "auth", when = { Response = "Error", Type = 1 }, control = "auth" },
    { payload = "error", when = { Response = "Error" }, control = "error" },
    { payload = "limits", when = { ["Data.calls_made"] = { present = true } } },
    { payload = "candles",
      any = { { Response = "Success", Data = { kind = "array" } },
              { Response = "Success", ["Data.Data"] = { kind = "array" } },
              { ["Data[1].UNIT"] = { present = true } } } },
    { payload = "price",
      any = { { RAW = { kind = "object" } }, { DISPLAY = { kind = "object" } },
              { USD = { kind = "number" } }, { EUR = { kind = "number" } },
              { BTC = { kind = "number" } } } },

    -- the successor's REST
    { payload = "auth", control = "auth",
      any = { { ["Err.http_status_code"] = { 401, 403 } },
              { ["Err.message"] = { prefix = "API key" } } } },
    { payload = "rate-limit", control = "rate-limit",
      any = { { ["Err.http_status_code"] = 429 },
              { ["Err.message"] = { contains = "rate limit" } } } },
    { payload = "bad-parameter", control = "error",
      any = { { ["Err.other_info.param"] = { present = true } },
              { ["Err.message"] = { prefix = "Not found" } } } },
    { payload = "error", when = { ["Err.type"] = { present = true } }, control = "error" },
    { payload = "trades",
      when = { ["Data[1].PRICE"] = { present = true },
               ["Data[1].QUANTITY"] = { present = true } } },
    { payload = "index",
      any = { { ["Data[1].VALUE"] = { present = true } },
              { Data = { kind = "object" }, Err = { kind = "object" } } } },
    { payload = "empty", when = { Data = { kind = "array" } } },
  },

  csv = {
    { fields = { symbol = { join = { "M", "FSYM", "TSYM" }, with = "~" },
                 time = { "TS", unit = "s", plus = { "TSNS", unit = "ns" } }, price = "P",
                 qty = "Q", id = { "ID", optional = true },
                 side = { "F", bits = trade.side.bits, optional = true } } },
    { payload = "candles",
      has = { "time", "fromsymbol", "tosymbol", "open", "high", "low", "close" } },
    { payload = "candles", has = { "time", "fsym", "tsym", "open", "high", "low", "close" } },
  },
}
