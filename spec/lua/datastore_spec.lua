-- SPDX-License-Identifier: Apache-2.0
-- The request side of the HTTP API: targets, parameters, symbols, times, negotiation, cursors,
-- paging. A store of Lua tables answers; what is exact (times, intervals) is the library's.
local wick = require "wick"
local accept = require "wick.http.accept"
local cursor = require "wick.http.cursor"
local health = require "wick.http.health"
local ohlcv = require "wick.http.ohlcv"
local params = require "wick.http.params"
local problem = require "wick.http.problem"
local range = require "wick.http.range"
local rows = require "wick.http.rows"
local symbols = require "wick.http.symbols"
local uri = require "wick.http.uri"

describe("targets", function()
  it("are split and decoded strictly", function()
    assert.same({ "/a b", "x=%20" }, { uri.split "/a%20b?x=%20" })
    assert.same({ "/", nil }, { uri.split "http://host:1/" })
    assert.same({ "/ohlcv", "a=1" }, { uri.split "http://host/ohlcv?a=1" })
    assert.is_nil((uri.split "/a%2"))
    for _, bad in ipairs { "%", "%2", "%zz", "%00", "%0a", "%ff", "%c0%af", "%ed%a0%80",
      "%f5%80%80%80" } do
      assert.is_nil((uri.decode(bad)), bad)
    end
    assert.equal("é€𝄞", uri.decode "%C3%A9%E2%82%AC%F0%9D%84%9E")
    assert.equal("1+1", uri.decode "1+1")
  end)
  it("give their parameters in order", function()
    assert.same({ { "a", "1" }, { "b", "" }, { "a", "x=y" } }, uri.query "a=1&b=&&a=x=y")
    assert.same({ nil, "a", "has no value" }, { uri.query "a" })
    assert.equal("b", (select(2, uri.query "a=1&b=%x")))
  end)
end)

describe("parameters", function()
  local function mistake(query, t)
    local v, m = params.parse(t or params.v1, query)
    assert.is_nil(v)
    return m
  end
  it("are checked by their table", function()
    local v = assert(params.parse(params.original,
      "symbol=BTCUSD&startDate=2026-01-01&interval=1m&limit=10&partial=true&columns=time,open"))
    assert.same({ symbol = "BTCUSD", start = "2026-01-01", interval = "1m", limit = 10,
      partial = "true", columns = { "time", "open" } }, v)
  end)
  it("that are unknown are refused with the nearest name", function()
    local m = mistake "symbl=x"
    assert.equal("unknown-parameter", m.code)
    assert.matches("did you mean 'symbol'", m.detail)
    assert.matches("did you mean 'interval'", mistake("timeframe=1m").detail)
    assert.matches("did you mean 'start'", mistake("startDate=1").detail)
    assert.equal("unknown-parameter", mistake("names=1").code)
  end)
  it("given twice, out of bounds or not ready yet are refused", function()
    assert.matches("twice", mistake("limit=1&limit=1").detail)
    assert.matches("twice", mistake("start=1&startDate=1", params.original).detail)
    for _, q in ipairs { "limit=0", "limit=10001", "limit=1e3", "limit=", "limit=-1", "order=up",
      "partial=yes", "columns=time,time", "columns=opne", "time_unit=m", "format=xml",
      "symbol=" } do
      assert.equal("invalid-parameter", mistake(q).code, q)
    end
    for _, q in ipairs { "fill=prev", "quality=complete", "tz=Europe/Berlin", "as_of=1", "wait=5s",
      "kind=tick", "format=arrow" } do
      assert.equal("not-implemented", mistake(q).code, q)
    end
    assert.equal("1 to 10000", mistake("limit=0").allowed)
  end)
end)

describe("problems", function()
  local req = { host = "h", path = "/x", id = "1" }
  it("show the begin of what is long, whole characters only", function()
    for size = 190, 210 do
      local long = ("a"):rep(size) .. ("é"):rep(99)
      local p = problem.parameter(req, "invalid-parameter", "symbol", long, "no")
      local value = p.body:match '"value":"([^"]*)"'
      assert.is_true(#value <= 200)
      assert.is_truthy(uri.decode((value:gsub("[^%w.]", function(c)
        return ("%%%02X"):format(c:byte())
      end))))
    end
    local _, m = params.parse(params.v1, "interval=1m&" .. ("x"):rep(5000) .. "=1")
    assert.is_true(#m.detail < 200)
  end)
  it("of the server itself have a page too", function()
    for _, code in ipairs { "uri-too-long", "content-too-large", "request-timeout",
      "request-header-fields-too-large", "service-unavailable", "http-version-not-supported" } do
      assert.equal(200, problem.page(req, code).status, code)
    end
  end)
end)

describe("health", function()
  local function status(trouble)
    local reply = health.all(nil, { version = "1", now_ms = 9, started_ms = 1, ready = true,
      markets = {}, sources = { { name = "sim", status = "live" } }, trouble = trouble,
      stages = { { kind = "store", name = "store" }, { kind = "source", name = "sim" } } })
    return reply.status, reply.body
  end
  it("fails while the store cannot commit, and says why", function()
    local code, body = status {}
    assert.equal(200, code)
    assert.matches('"status":"pass"', body)
    assert.equal(1, select(2, body:gsub('sim"', "")))
    code, body = status { store = "disk is full" }
    assert.equal(503, code)
    assert.matches('^{"status":"fail"', body)
    assert.matches('"store":{"status":"fail","detail":"disk is full"}', body)
  end)
end)

describe("times", function()
  local function parse(text, unit) return range.parse(text, unit or "ms", wick.time) end
  it("are exact", function()
    assert.equal("1759999920000000000", parse "1759999920000")
    assert.equal("1759999920000000000", parse("1759999920", "s"))
    assert.equal("1759999920123456789", parse("1759999920123456789", "ns"))
    assert.equal("0", parse "0")
    assert.equal("1767225600000000000", parse "2026-01-01")
    assert.equal("1767222000000000001", parse "2026-01-01T00:00:00.000000001+01:00")
  end)
  it("in another unit are refused, and it is named", function()
    local _, m = parse "1759999920"
    assert.equal("time-unit-suspect", m.code)
    assert.equal("s", m.likely)
    _, m = parse("1759999920000", "s")
    assert.equal("ms", m.likely)
    _, m = parse "1759999920123456789"
    assert.equal("ns", m.likely)
  end)
  it("outside 1970 to 2200 or of another form are refused", function()
    for _, bad in ipairs { "2201-01-01", "1969-12-31", "yesterday", "-5", "1.5", "2026-13-01",
      "7258118400001", "99999999999999999999999999999999" } do
      assert.is_nil((parse(bad)), bad)
    end
    assert.equal("7258118400000000000", parse "2200-01-01")
  end)
end)

describe("symbols", function()
  local known = symbols.new()
  known:add("Coinbase:BTC-USD", "Coinbase~BTC~USD")
  known:add("Kraken:BTC-USD", "XBT/USD")
  known:add("Kraken:BTC-EUR", "XBT/EUR")
  known:add("Bitget:BTC-EUR.PERP", "BTCEUR_UMCBL")
  it("are found by every common form", function()
    for _, text in ipairs { "Kraken:BTC-EUR", "kraken:btc-eur", "XBT/EUR", "xbt/eur", "BTCEUR",
      "btc-eur", "BTC/EUR", "kraken:btceur" } do
      local row = known:find(text)
      assert.equal("Kraken:BTC-EUR", row and row.name, text)
    end
    assert.equal("Bitget:BTC-EUR.PERP", known:find("BTCEUR_UMCBL").name)
    assert.equal("Kraken:BTC-EUR", known:find_parts("kraken", "BTC", "eur").name)
  end)
  it("that fit several markets list them, unknown ones have neighbours", function()
    assert.same({ "Coinbase:BTC-USD", "Kraken:BTC-USD" }, (select(2, known:find "BTCUSD")))
    assert.same({}, (select(2, known:find "ETHUSD")))
    assert.equal("Kraken:BTC-EUR", known:near("Kraken:BTC-ERU")[1])
    assert.equal("Kraken:BTC-EUR", known:near("BTCERU")[1])
  end)
end)

describe("Accept", function()
  local function chosen(header)
    local f = accept.choose(header)
    return f and f.name
  end
  it("is negotiated by quality and specificity", function()
    for header, want in pairs {
      ["*/*"] = "json", [""] = "json", ["text/csv"] = "csv", ["TEXT/CSV"] = "csv",
      ["text/*;q=0.5, application/json;q=0.4"] = "csv", ["application/x-ndjson"] = "ndjson",
      ["application/ndjson"] = "ndjson", ["*/*;q=0.1, text/csv;q=0"] = "json",
      ["application/json;q=0, */*"] = "ndjson", ["text/html, */*;q=0.8"] = "json",
      ["text/csv;header=present;q=0.9"] = "csv", ["application/*;q=0.3, text/csv;q=0.2"] = "json",
    } do
      assert.equal(want, chosen(header), header)
    end
    assert.equal("json", chosen(nil))
    for _, header in ipairs { "text/html", "image/*", "application/json;q=0", "*/*;q=0.000" } do
      assert.is_nil(chosen(header), header)
    end
  end)
end)

describe("cursors", function()
  local q = { market = "Kraken:BTC-EUR", interval = "1m", start_ns = "17", order = "asc",
    partial = "false" }
  it("come back whole", function()
    assert.same(q, cursor.read(cursor.make(q)))
  end)
  it("are refused when any character changed", function()
    local c = cursor.make(q)
    for i = 1, #c do
      for _, x in ipairs { "A", "z", "0", "-" } do
        local changed = c:sub(1, i - 1) .. x .. c:sub(i + 1)
        if changed ~= c then assert.is_nil(cursor.read(changed)) end
      end
    end
    for _, bad in ipairs { "", "A", c .. "A", c:sub(1, -2), ("A"):rep(5000) } do
      assert.is_nil(cursor.read(bad))
    end
  end)
end)

describe("a cursor of a market with a long name", function()
  it("may be longer than other parameters", function()
    local c = cursor.make { market = "V:" .. ("A"):rep(180) .. "-B", interval = "1m" }
    assert.is_true(#c > 200)
    assert.equal(c, assert(params.parse(params.v1, "cursor=" .. c)).cursor)
  end)
end)

describe("rows of the store", function()
  it("keep every number as its text", function()
    local line = [[{"name":"a\"b","ns":1759999920123456789, "neg":-1,"none":null,"yes":true,]]
      .. [["u":"\u00e9"}]]
    assert.same({ name = 'a"b', ns = "1759999920123456789", neg = "-1", yes = true, u = "é" },
      rows.row(line))
    assert.same({}, rows.row "{}")
    assert.equal(2, #rows.parse '{"a":1}\n{"a":2}\n')
  end)
end)

-- ---- answers over a store of minutes ----

local base = 1759999920                       -- seconds; the first candle

-- A store of n minutes; like the real one it gives [start, end), limit, desc, prev.
local function store(n)
  local function ns(i) return ("%.0f"):format(base + (i - 1) * 60) .. "000000000" end
  return function(q)
    local list = {}
    for i = 1, n do
      local c = { time_ns = ns(i), end_ns = ns(i + 1), complete = i ~= 3, i = i }
      local inside = not (q.start_ns and range.less(c.time_ns, q.start_ns))
        and not (q.end_ns and not range.less(c.time_ns, q.end_ns))
      if inside then list[#list + 1] = c end
    end
    if q.desc then
      local back = {}
      for i = #list, 1, -1 do back[#back + 1] = list[i] end
      list = back
    end
    for i = #list, (q.limit or 10000) + 1, -1 do list[i] = nil end
    if q.prev and list[1] and list[1].i > 1 then
      table.insert(list, 1, { time_ns = ns(list[1].i - 1), end_ns = ns(list[1].i), complete = true,
        i = list[1].i - 1 })
    end
    return list
  end
end

-- Text as rows.c would print: the numbers of the candles.
local function text(v, _, flags)
  local from, to, out = flags.PREV and 2 or 1, flags.LESS and #v - 1 or #v, {}
  for i = from, to do out[#out + 1] = v[i].i end
  if flags.REVERSE then
    local back = {}
    for i = #out, 1, -1 do back[#back + 1] = out[i] end
    out = back
  end
  return "[" .. table.concat(out, ",") .. "]"
end

local function context(n)
  local known = symbols.new()
  local row = known:add("Kraken:BTC-EUR", "XBT/EUR")
  row.id, row.watermark_ns = 1, "1760000530000000000"
  row.covered_from_ns = "1759999000000000000"
  row.missing = { { from_ns = "1760000000000000000", to_ns = "1760000001500000000" } }
  known:add("Kraken:BTC-USD", "XBT/USD").id = 2
  known:add("Coinbase:BTC-USD", "Coinbase~BTC~USD").id = 3
  return { symbols = known, intervals = { "1m", "5m" }, time = wick.time, bucket = wick.bucket,
    interval = function(t)
      local code = wick.interval(t)
      return code, code and wick.interval_text(code)
    end,
    query = store(n), text = text, flags = function(set) return set end,
    symbol = function(market) return market.symbol end }
end

local function get(query, n, more)
  local req = { query = query, path = "/v1/ohlcv", host = "h:1", id = "r1", headers = {} }
  for k, v in pairs(more or {}) do req[k] = v end
  return ohlcv.answer(req, context(n or 10))
end

local function data(response) return response.body:match '"data":(%[.-%])' end
local function next_of(response) return response.body:match '"next":"([^"]*)"' end

describe("answers", function()
  it("are the newest without start, still ascending", function()
    local r = get "symbol=Kraken:BTC-EUR&interval=1m&limit=3"
    assert.equal(200, r.status)
    assert.equal("[8,9,10]", data(r))
    assert.is_nil(next_of(r))
    assert.equal("[4,5,6]", data(get("symbol=XBT/EUR&interval=1m&limit=3&end=1760000280000")))
    assert.equal("[10,9,8]", data(get "symbol=Kraken:BTC-EUR&interval=1m&limit=3&order=desc"))
    assert.equal("[1,2]", data(get("symbol=Kraken:BTC-EUR&interval=1m&limit=2", 2)))
  end)
  it("go on by their cursor until the end, ascending and descending", function()
    local pages_of = { asc = "[1,2,3,4][5,6,7,8][9,10]", desc = "[10,9,8,7][6,5,4,3][2,1]" }
    for order, want in pairs(pages_of) do
      local query = "symbol=Kraken:BTC-EUR&interval=1m&limit=4&start=1759999920000&order=" .. order
      local seen, pages = "", 0
      repeat
        local r = get(query)
        assert.equal(200, r.status, r.body)
        seen, pages = seen .. data(r), pages + 1
        query = next_of(r) and "limit=4&cursor=" .. next_of(r)
      until not query or pages > 5
      assert.equal(want, seen)
    end
  end)
  it("carry the next page as a link", function()
    local r = get "symbol=Kraken:BTC-EUR&interval=1m&limit=4&start=1759999920000&shape=rows"
    local found
    for _, h in ipairs(r.headers) do
      found = found or h:match '^link: </v1/ohlcv%?(.*)>; rel="next"$'
    end
    assert.equal("[5,6,7,8]", data(get(found)))
  end)
  it("of nothing are 200 and say so", function()
    local r = get("symbol=Kraken:BTC-EUR&interval=1m", 0)
    assert.equal(200, r.status)
    assert.equal("[]", data(r))
    assert.matches('"next":null', r.body)
    assert.matches('"reason":', r.body)
  end)
  it("name what they are of", function()
    local r = get("symbol=XBT/EUR&interval=PT1M&time_unit=s&limit=1")
    assert.matches('^{"market":"Kraken:BTC%-EUR","symbol":"XBT/EUR","interval":"1m","kind":"time",'
      .. '"time_unit":"s","watermark":1760000530,"data":', r.body)
  end)
  it("tell what was not heard", function()
    local function cover(query, n)
      local r = get("symbol=XBT/EUR&interval=1m&time_unit=s" .. query, n)
      return r.body:match '"coverage":(.*),"next"'
    end
    assert.equal('{"complete":true,"missing":[]}', cover("&limit=1"))
    assert.equal('{"complete":false,"missing":[]}', cover("&limit=1", 3))
    assert.equal('{"complete":false,"missing":[{"from":1760000000,"to":1760000001,"state":'
      .. '"missing"}]}', cover "&start=1759999920&limit=2")
    assert.equal('{"complete":true,"missing":[]}', cover "&start=1759999920&limit=1")
    assert.equal('{"complete":false,"missing":[{"from":1759998960,"to":1759999000,"state":'
      .. '"unavailable"}],"reason":"not all of it was heard"}',
      cover "&start=1759999000&end=1759999800")
    assert.equal('{"complete":true,"missing":[],"reason":"nothing was traded"}',
      cover "&start=1759999080&end=1759999800")
    assert.matches("nothing of this market", get("symbol=Coinbase:BTC-USD&interval=1m", 0).body)
  end)
end)

describe("refusals", function()
  local function refused(query, status, code, more)
    local r = get(query, 10, more)
    assert.equal(status, r.status, query)
    assert.matches('"code":"' .. code:gsub("%-", "%%-") .. '"', r.body)
    assert.matches('"type":"http://h:1/problems/' .. code:gsub("%-", "%%-") .. '"', r.body)
    assert.matches('"request_id":"r1"', r.body)
    return r.body
  end
  local market = "symbol=Kraken:BTC-EUR&"
  it("say which parameter and what is allowed", function()
    assert.matches("interval '90x' has no unit 'x'",
      refused(market .. "interval=90x", 400, "invalid-parameter"))
    assert.matches("are not kept", refused(market .. "interval=7m", 400, "invalid-parameter"))
    assert.matches("interval is missing", refused(market, 400, "invalid-parameter"))
    assert.matches("symbol is missing", refused("interval=1m", 400, "invalid-parameter"))
    assert.matches("base is missing",
      refused("interval=1m&exchange=Kraken", 400, "invalid-parameter"))
    assert.matches('"candidates":%["Coinbase:BTC%-USD","Kraken:BTC%-USD"%]',
      refused("symbol=BTCUSD&interval=1m", 400, "invalid-parameter"))
    assert.matches('"nearest":%["Kraken:BTC%-EUR"',
      refused("symbol=Kraken:BTC-ERU&interval=1m", 404, "unknown-symbol"))
    assert.matches("behind end", refused(market .. "interval=1m&start=1760000000&end=1759999990"
      .. "&time_unit=s", 400, "invalid-parameter"))
    assert.matches("time_unit=s", refused(market .. "interval=1m&start=1759999920", 400,
      "time-unit-suspect"))
    refused(market .. "interval=1m&shape=rows&format=csv", 400, "invalid-parameter")
    refused(market .. "interval=1m&fill=prev", 400, "not-implemented")
    assert.matches('"formats":%["json","ndjson","csv"%]', refused(market .. "interval=1m", 406,
      "not-acceptable", { headers = { accept = "text/html" } }))
  end)
  it("guard cursors", function()
    local c = next_of(get(market .. "interval=1m&limit=4&start=1759999920000"))
    refused("cursor=" .. c .. "&start=1", 400, "invalid-parameter")
    refused("cursor=" .. c .. "&order=desc", 400, "invalid-parameter")
    refused("cursor=" .. c .. "&symbol=Kraken:BTC-USD", 400, "invalid-parameter")
    refused("cursor=" .. c .. "&interval=5m", 400, "invalid-parameter")
    refused("cursor=" .. c:sub(1, -3) .. "xx", 400, "invalid-parameter")
    assert.equal(200, get("cursor=" .. c .. "&symbol=XBT/EUR&interval=1m&order=asc").status)
  end)
  it("are fewer on /ohlcv, where interval has a default", function()
    local r = get("symbol=BTCEUR&startDate=2025-10-09", 10, { original = true, path = "/ohlcv" })
    assert.equal(200, r.status)
    assert.equal("[1,2,3,4,5,6,7,8,9,10]", data(r))
    assert.equal(400, get("symbol=BTCEUR&startDate=2025-10-09", 10).status)
  end)
end)

describe("any request", function()
  it("ends in an answer that is JSON, never in a fault", function()
    local cjson = require "cjson"
    local pieces = { "symbol=", "XBT/EUR", "BTCUSD", "&", "=", "interval=1m", "&interval=5m", "%",
      "%41",
      "&start=", "&end=", "1759999920000", "2025-10-09", "&limit=", "3", "&order=desc", "&cursor=",
      "&shape=rows", "&format=csv", "&columns=time,open", "&partial=true", "&numbers=string", "%00",
      "é", "&time_unit=s", "+", "&exchange=Kraken&base=BTC&quote=EUR", "&x=1", "-", "9", "Kraken:",
      "&symbol=Kraken:BTC-EUR&interval=1m" }
    local seed, seen = 7, {}
    local function random(n)
      seed = (seed * 16807) % 2147483647
      return seed % n + 1
    end
    for _ = 1, 4000 do
      local query = random(2) == 1 and "symbol=Kraken:BTC-EUR&interval=1m" or ""
      for _ = 1, random(7) do query = query .. pieces[random(#pieces)] end
      local accepts = { "text/csv", "*/*", ";;", "text/html;q=0.1,application/json" }
      local r = get(query, random(12) - 1, { headers = { accept = accepts[random(#accepts)] } })
      assert.is_truthy(({ [200] = 1, [400] = 1, [404] = 1, [406] = 1 })[r.status], query)
      seen[r.status] = true
      if r.headers[1]:find "json" and not r.headers[1]:find "ndjson" or r.status ~= 200 then
        assert.is_table(cjson.decode(r.body))
      end
    end
    assert.is_true(seen[200] and seen[400] and seen[404])
  end)
end)
