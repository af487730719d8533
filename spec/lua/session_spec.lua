-- SPDX-License-Identifier: Apache-2.0
-- The decisions of a feed's connection, and which market is heard from which source. Pure.
local session = require "wick.session"
local sources = require "wick.sources"

local function symbols(...)
  local out = {}
  for i, text in ipairs { ... } do out[i] = { text = text } end
  return out
end

local function new(more)
  local o = { symbols = symbols("A", "B"), subscribe = { send = "S[{list}]", item = "'{symbol}'",
    separator = ";", at_most = 100 }, min_ms = 100, max_ms = 1000, confirms = true }
  for k, v in pairs(more or {}) do o[k] = v end
  return session.new(o)
end

-- Names and first arguments of effects, one line each.
local function told(effects)
  local out = {}
  for i, e in ipairs(effects) do out[i] = e[2] and e[1] .. " " .. e[2] or e[1] end
  return table.concat(out, ", ")
end

describe("templates", function()
  it("fill names and leave other braces alone", function()
    assert.equal('{"a":["0~X"],"k":"{no}"}',
      session.fill('{"a":["0~{symbol}"],"k":"{no}"}', { symbol = "X" }))
    assert.equal("%1%", session.fill("{x}", { x = "%1%" }))
  end)
  it("make as many texts as at_most asks for", function()
    local spec = { send = "[{list}]", item = "<{symbol}>", separator = ",", at_most = 2 }
    assert.same({ "[<A>,<B>]", "[<C>]" }, session.texts(spec, symbols("A", "B", "C")))
    assert.same({ "sub A", "sub B" }, session.texts("sub {symbol}", symbols("A", "B")))
    assert.same({ "a@trade" }, session.texts("{lower}@trade", symbols "A"))
    assert.same({}, session.texts(spec, {}))
    assert.same({}, session.texts(nil, symbols "A"))
  end)
end)

describe("a session", function()
  it("subscribes when it is opened, or welcomed", function()
    assert.equal("status live, send S['A';'B'], timer confirm, timer steady",
      told(new():step { name = "opened" }))
    local s = new { welcomes = true }
    assert.equal("status opening, timer welcome", told(s:step { name = "opened" }))
    local welcome = { name = "control", kind = "welcome", symbol = "", text = "" }
    assert.equal("status live, send S['A';'B'], timer confirm, timer steady", told(s:step(welcome)))
    assert.matches("send S", told(s:step(welcome)))
    s = new { welcomes = true }
    s:step { name = "opened" }
    assert.matches("send S", told(s:step { name = "timer", timer = "welcome", serial = s.serial }))
  end)
  it("confirms by itself where the venue does not", function()
    assert.matches("confirm A, confirm B", told(new { confirms = false }:step { name = "opened" }))
  end)
  it("waits longer each time, between min and max, and never less than min", function()
    local s = new()
    local waits = {}
    for i = 1, 6 do
      local effects = s:step { name = "closed", why = "gone", luck = 1 }
      waits[i] = effects[#effects][3]
    end
    assert.same({ 100, 200, 400, 800, 1000, 1000 }, waits)
    assert.equal("waiting", s.state)
    for _, luck in ipairs { 0, 0.3, 1 } do
      for tries = 0, 50 do
        local ms = session.pause(tries, 100, 1000, luck)
        assert.is_true(ms >= 100 and ms <= 1000)
      end
    end
  end)
  it("begins with the shortest pause again after a confirmation", function()
    local s = new()
    for _ = 1, 4 do s:step { name = "closed", why = "", luck = 1 } end
    s:step { name = "opened" }
    s:step { name = "control", kind = "subscribed", symbol = "A", text = "" }
    local effects = s:step { name = "closed", why = "", luck = 1 }
    assert.equal(100, effects[#effects][3])
  end)
  it("reopens after the pause, and forgets timers of old connections", function()
    local s = new { ping = { every = 5, send = "ping" } }
    s:step { name = "opened" }
    local old = s.serial
    s:step { name = "closed", why = "" }
    assert.equal("", told(s:step { name = "timer", timer = "ping", serial = old }))
    assert.equal("status connecting, reopen",
      told(s:step { name = "timer", timer = "retry", serial = s.serial }))
    s:step { name = "opened" }
    assert.equal("send ping, timer ping",
      told(s:step { name = "timer", timer = "ping", serial = s.serial }))
  end)
  it("drops a connection that says nothing", function()
    local s = new { timeout_ms = 5000 }
    assert.matches("timer watch", told(s:step { name = "opened" }))
    local tick = { name = "timer", timer = "watch", serial = s.serial, seen = 7 }
    assert.equal("timer watch", told(s:step(tick)))
    assert.matches("drop", told(s:step(tick)))
  end)
  it("does with errors what the table says", function()
    local errors = { auth = "stop", ["rate-limit"] = "wait", error = "drop", bye = "reconnect" }
    local function control(s, kind, symbol)
      return told(s:step { name = "control", kind = kind, symbol = symbol or "", text = "why" })
    end
    local s = new { errors = errors }
    s:step { name = "opened" }
    assert.equal("log info", control(s, "notice"))
    assert.equal("log warn, drop", control(s, "bye"))
    assert.equal("log warn, drop", control(s, "rate-limit"))
    local effects = s:step { name = "closed", why = "", luck = 1 }
    assert.equal(1000, effects[#effects][3])
    s = new { errors = errors }
    s:step { name = "opened" }
    assert.equal("log warn", control(s, "error", "A"))
    assert.same(symbols "B", s.wanted)
    assert.equal("log warn, status stopped, drop", control(s, "error", "B"))
    s = new { errors = errors }
    assert.equal("log warn, status stopped, drop", control(s, "auth"))
    assert.equal("", told(s:step { name = "closed", why = "" }))
  end)
  it("answers pings and tells of missing confirmations", function()
    local s = new { answers = { ping = "pong" } }
    s:step { name = "opened" }
    local ping = { name = "control", kind = "ping", symbol = "", text = "" }
    assert.equal("send pong", told(s:step(ping)))
    s:step { name = "control", kind = "subscribed", symbol = "A", text = "" }
    local confirm = { name = "timer", timer = "confirm", serial = s.serial }
    assert.matches("1 of 2", s:step(confirm)[1][3])
    s:step { name = "control", kind = "subscribed", symbol = "B", text = "" }
    assert.equal("", told(s:step(confirm)))
  end)
end)

-- ---- sources ----

local feeds = {
  cryptocompare = { venue = "CryptoCompare", symbols = { "{venue}~{base}~{quote}" } },
  kraken = { venue = "Kraken", symbols = { "{base}/{quote}" }, aliases = { XBT = "BTC" } },
  okx = { venue = "OKX", symbols = { { "{base}-{quote}-SWAP", kind = "PERP" }, "{base}-{quote}" } },
}

local function settings(values)
  local c = { values = values }
  function c:given(key) return (self.values[key] or "") ~= "" end
  function c:list(key) return self.values[key] end
  function c:markets() return self.values.markets end
  return c
end

local function plan(list, markets, more)
  local values = { sources = list, markets = {} }
  for k, v in pairs(more or {}) do values[k] = v end
  for i, name in ipairs(markets) do
    values.markets[i] = type(name) == "table" and name or { name = name }
  end
  return sources.plan(settings(values), function(name)
    if feeds[name] then return feeds[name] end
    return nil, "there is no table " .. name
  end)
end

describe("sources", function()
  it("are the simulator without a key and an address", function()
    local p = assert(plan({ "cryptocompare" }, { "Coinbase:BTC-USD" }))
    assert.equal("sim:", p[1].url)
    assert.matches("CRYPTOCOMPARE_API_KEY", p.notes[1])
    assert.equal("Coinbase~BTC~USD", p[1].markets[1].text)
    p = assert(plan({ "cryptocompare" }, { "Coinbase:BTC-USD" }, { ["cryptocompare.key"] = "k" }))
    assert.equal("feed", p[1].kind)
    assert.same({}, p.notes)
  end)
  it("take the markets whose venue they know first", function()
    local p = assert(plan({ "kraken", "okx", "sim:?rate=1" },
      { "Kraken:BTC-EUR", "OKX:BTC-USDT.PERP", "Coinbase:ETH-USD" }))
    assert.equal("XBT/EUR", p[1].markets[1].text)
    assert.equal("BTC-USDT-SWAP", p[2].markets[1].text)
    assert.equal("Coinbase~ETH~USD", p[3].markets[1].text)
  end)
  it("are named by markets", function()
    local p = assert(plan({ "kraken", "sim:" }, { { name = "Kraken:BTC-EUR", source = "sim" } }))
    assert.equal(0, #p[1].markets)
    assert.equal("Kraken~BTC~EUR", p[2].markets[1].text)
    local _, why = plan({ "kraken" }, { { name = "Kraken:BTC-EUR", source = "kraked" } })
    assert.matches("no source 'kraked' in sources; did you mean 'kraken'", why)
    _, why = plan({ "kraken", "okx" }, { { name = "Kraken:BTC-EUR", source = "okx" } })
    assert.matches("does not know Kraken:BTC%-EUR", why)
  end)
  it("refuse markets that nobody knows", function()
    local _, why = plan({ "kraken" }, { "Kraked:BTC-EUR" })
    assert.matches("no source knows the venue of Kraked:BTC%-EUR; did you mean 'Kraken'", why)
    _, why = plan({ "kraken" }, { "BTCEUR" })
    assert.matches("allowed is VENUE:BASE%-QUOTE", why)
    _, why = plan({ "kraked" }, {})
    assert.matches("there is no table kraked", why)
  end)
  it("are recordings too, and simulators with lists of markets", function()
    local one = sources.parse "kraken@/a/b.csv?market=XBT/EUR"
    assert.same({ kind = "file", name = "kraken", source = "kraken", feed = "kraken",
      path = "/a/b.csv", market = "XBT/EUR" }, one)
    local p = assert(plan({ "sim:?seed=1&markets=A:B-C", "D:E-F", "kraken" }, { "A:B-C" }))
    assert.equal("sim:?seed=1&markets=A:B-C,D:E-F", p[1].url)
    assert.equal(2, #p)
    assert.equal(0, #assert(plan({ "kraken@x.csv" }, { "Nobody:A-B" }))[1].markets)
  end)
end)

describe("a market is asked for", function()
  local feed = require "wick.feed"
  it("as its venue spells it", function()
    for _, case in ipairs {
      { "bitstamp", "BTC-USD", "btcusd" }, { "bitfinex", "BFT-USD", "tBFTUSD" },
      { "bitfinex", "DUSK-USD", "tDUSK:USD" }, { "bitfinex", "BTC-USDT.PERP", "tBTCF0:USTF0" },
      { "kraken", "BTC-USD", "XBT/USD" }, { "kraken", "WAVES-EUR", "WAVES/EUR" },
      { "bitget", "EOS-USDT", "EOSUSDT" }, { "bitget", "EOS-USDT.PERP" },
      { "okx", "BTC-USD.220527", "BTC-USD-220527" }, { "okx", "UNI-USD.PERP", "UNI-USD-SWAP" },
      { "okx", "BTC-USDT", "BTC-USDT" }, { "binance", "DOT-USDT", "DOTUSDT" },
      { "binance_usdm", "BTC-USDT.PERP", "BTCUSDT" }, { "gemini", "BTC-USDC.PERP", "BTCUSDCPERP" },
      { "phemex", "YFI-USD.PERP", "YFIUSD" }, { "phemex", "BTC-USDT", "sBTCUSDT" },
      { "upbit", "WAVES-KRW", "KRW-WAVES" }, { "hitbtc", "DNT-BTC", "DNTBTC" },
      { "coinbase", "BTC-USD", "BTC-USD" } } do
      local t = assert(feed.load(case[1]))
      assert.equal(case[3], sources.symbol(t, sources.market(t.venue .. ":" .. case[2])), case[2])
    end
  end)
  it("not by a pattern of another currency", function()
    local t = { venue = "V", symbols = { { "{base}-PERPETUAL", quote = "USD", kind = "PERP" } } }
    assert.equal("BTC-PERPETUAL", sources.symbol(t, sources.market "V:BTC-USD.PERP"))
    assert.is_nil(sources.symbol(t, sources.market "V:BTC-EUR.PERP"))
  end)
end)
