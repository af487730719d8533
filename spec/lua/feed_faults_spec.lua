-- SPDX-License-Identifier: Apache-2.0
-- What feed tables once made of a message, or let pass, that was silent or false.
local helper = require "spec.lua.helper"
local feed = require "wick.feed"
local check = require "wick.feed.check"
local wick = helper.wick

local BASE = { symbol = "s", time = { "t", unit = "ms" }, price = "p", qty = "q" }
local AT = 1700000000000

local function over(base, more)
  local out = {}
  for k, v in pairs(base) do out[k] = v end
  for k, v in pairs(more or {}) do out[k] = v end
  return out
end

local function fields(more) return over(BASE, more) end

-- A table with one rule of trades. rule and whole: keys laid over it and over its rule.
local function made(rule, whole)
  local m = over({ payload = "trade", fields = BASE }, rule)
  return over({ venue = "V", ids = "none", symbols = { "{base}-{quote}" },
    messages = { m } }, whole)
end

-- The rows without their head, and what was refused, of a recording through a table; more: options.
local function run(t, recording, more)
  local w, out, err = assert(wick.open()), {}, {}
  local checked = assert(feed.check(t, "sample"))
  checked.name = "sample"
  check.run(over({ feed = checked, w = w, trades = true,
    recording = helper.write(helper.tmp() .. "/r.txt", recording),
    out = function(s) out[#out + 1] = s end, err = function(s) err[#err + 1] = s end }, more))
  w:close()
  return (table.concat(out):gsub("^symbol,[^\n]*\n", "")), table.concat(err)
end

-- Field n of each row.
local function column(rows, n)
  local out = {}
  for row in rows:gmatch "[^\n]+" do
    local at = 0
    for cell in (row .. ","):gmatch "([^,]*)," do
      at = at + 1
      if at == n then out[#out + 1] = cell == "" and "-" or cell end
    end
  end
  return table.concat(out, " ")
end

local function trades(values)
  local out = {}
  for i, v in ipairs(values) do
    out[i] = ('{"s":"A-B","t":%d,"p":"1.5","q":"2"%s}\n'):format(AT + i, v == "" and "" or "," .. v)
  end
  return table.concat(out)
end

describe("a side by the sign of a field", function()
  local t = made { fields = fields { side = { "d", sign = true } } }

  it("is not a buy because no minus stands there", function()
    local rows, err = run(t, trades { '"d":"x"', '"d":"sell"', '"d":{}', '"d":false', '"d":"-"' })
    assert.equal("", rows)
    assert.truthy(err:find("bad-side: 5, first in line 1", 1, true), err)
  end)

  it("is unknown where nothing or 0 stands", function()
    assert.equal("- - - - buy sell sell buy", column(run(t, trades { '"d":null', '"d":""', "",
      '"d":0', '"d":"0.1"', '"d":-1e-3', '"d":"-99999999999999999999999"', '"d":7' }), 6))
  end)

  it("is refused where flags are an object", function()
    local bits = made { fields = fields { side = { "d", bits = { sell = 1, buy = 2 } } } }
    assert.equal("- sell", column(run(bits, trades { '"d":{}', '"d":""', '"d":1' }), 6))
  end)
end)

describe("a scale by symbol", function()
  it("does not leave symbols that it does not name as they are", function()
    for _, key in ipairs { "scale", "factor" } do
      for _, which in ipairs { "price", "qty" } do
        local figure = key == "scale" and 2 or "0.01"
        local function through(figures)
          return run(made { fields = fields { [which] = { which == "price" and "p" or "q",
            [key] = figures } } }, '{"s":"A-B","t":1700000000000,"p":150,"q":150}\n')
        end
        local rows, err = through { ["X-*"] = figure }
        assert.equal("", rows)
        assert.truthy(err:find("no-scale: 1", 1, true), err)
        assert.truthy(through { ["X-*"] = figure, default = figure }:find "1.50?,")
      end
    end
  end)
end)

describe("a unit that is too fine", function()
  it("does not make a trade of January 1970", function()
    for unit, text in pairs { us = "1700000000000", ns = "1700000000000000", ms = "1700000000",
      s = "0" } do
      local t = made({ fields = fields { id = "i", time = { "t", unit = unit } } },
        { ids = "ordered" })
      local one = ('{"s":"A-B","i":1,"t":%s,"p":1,"q":1}\n'):format(text)
      local rows, err = run(t, one:rep(3))
      assert.equal("", rows)
      assert.truthy(err:find("bad-time: 3", 1, true), err)
    end
  end)

  it("is refused by a shape that has learnt better ones, too", function()
    local t = made({ fields = fields { id = "i" } }, { ids = "ordered" })
    local one = '{"s":"A-B","i":1,"t":%s,"p":1,"q":1}\n'
    local good = one:format(AT)
    local rows, err = run(t, good:rep(4) .. one:format "170")
    assert.equal(4, select(2, rows:gsub("\n", "")))
    assert.truthy(err:find("bad-time: 1, first in line 5", 1, true), err)
  end)
end)

describe("a prefix", function()
  local FIRST = '{"sub":"A-B","c":17}\n{"sub":"C-D","c":18}\n'
  local function bound(symbol, rule)
    local t = made(over({ when = { p = { present = true } }, fields = fields { symbol = symbol } },
      rule))
    t.messages[2] = { payload = "session", when = { sub = { present = true } }, symbol = "sub",
      control = "subscribed", bind = { key = "c", as = "n" } }
    return t
  end

  it("is cut off before the rest is looked up", function()
    local rows = run(bound { "s", bound = "n", prefix = "ch:", suffix = ".x" }, FIRST
      .. '{"s":"ch:17.x","t":1700000000000,"p":1,"q":1}\n'
      .. '{"s":"18","t":1700000000000,"p":1,"q":1}\n{"s":"19","t":1700000000000,"p":1,"q":1}\n')
    assert.equal("A-B C-D", column(rows, 1))
    rows = run(bound({ 1, bound = "n", prefix = "ch:" }, { when = { d = { present = true } },
      trades = "d[]", fields = { symbol = { 1, bound = "n", prefix = "ch:" }, price = 2, qty = 3,
      time = { 4, unit = "ms" } } }), FIRST .. '{"d":[["ch:17",1,1,1700000000000]]}\n')
    assert.equal("A-B", column(rows, 1))
  end)

  it("of several is the longest that is there, and one alone", function()
    local t = made { fields = fields { symbol = { "s", prefix = { "t", "tr_", "t_", "x" },
      suffix = { "z", "yz" } } } }
    local rows = run(t, '{"s":"tr_A-Byz","t":1700000000000,"p":1,"q":1}\n'
      .. '{"s":"txC-D","t":1700000000000,"p":1,"q":1}\n')
    assert.equal("A-B xC-D", column(rows, 1))
  end)
end)

describe("^", function()
  local function symbols(each, path, message)
    return column(run(made { trades = each, fields = fields { symbol = path } }, message), 1)
  end
  local TRADE = '{"t":1700000000000,"p":1,"q":1}'

  it("leads to what the list stands in, not past it", function()
    local message = '{"s":"RO-OT","a":[{"s":"EL-EM","b":{"s":"IN-NER","c":[' .. TRADE .. ']}}]}\n'
    assert.equal("IN-NER", symbols("a[].b.c[]", "^.s", message))
    assert.equal("EL-EM", symbols("a[].b.c[]", "^^.s", message))
    assert.equal("RO-OT", symbols("a[].b.c[]", "^^^.s", message))
    message = '{"s":"RO-OT","a":{"s":"IN-NER","c":' .. TRADE .. '}}\n'
    assert.equal("IN-NER", symbols("a.c", "^.s", message))
    assert.equal("RO-OT", symbols("a.c", "^^.s", message))
  end)

  it("leaves a list in a list by one", function()
    assert.equal("A-B C-D", symbols("d[].l[][]", "^[1].s", '{"d":[{"l":[[{"s":"A-B",'
      .. TRADE:sub(2) .. '],[{"s":"C-D",' .. TRADE:sub(2) .. "]]}]}\n"))
  end)

  it("finds what is bound beside a symbol deeper in", function()
    local t = made { when = { e = "t" }, fields = fields { symbol = { "s", bound = "n" } } }
    t.messages[2] = { payload = "session", when = { e = "l" }, symbol = "l[].o.p.s",
      control = "subscribed", bind = { key = "l[].i", as = "n" } }
    assert.equal("A-B", column(run(t, '{"e":"l","l":[{"i":3,"o":{"p":{"s":"A-B"}}}]}\n'
      .. '{"e":"t","s":3,"t":1700000000000,"p":1,"q":1}\n'), 1))
  end)
end)

describe("an empty message", function()
  local function through(rule, data)
    local t = made { when = { p = { present = true } } }
    t.messages[2] = rule
    local out, err = run(t, '{"t":"connect","conn":"A","ts":1.0,"addr":"wss://x.y"}\n'
      .. '{"t":"recv","conn":"A","ts":1.5,"data":"' .. data .. '"}\n', { json = true,
      trades = false })
    return out, err
  end

  it("is taken by a rule for it", function()
    local rule = { payload = "session", when = { ["."] = "" }, control = "heartbeat" }
    for _, data in ipairs { "", " ", "\\n" } do
      assert.truthy(through(rule, data):find('"ignored":1,"refused":0', 1, true), data)
    end
    assert.truthy(through({ payload = "session", when = { ["."] = "ping" } }, "")
      :find('"reason":"malformed: empty"', 1, true))
    assert.truthy(through(nil, ""):find('"reason":"malformed: empty"', 1, true))
  end)
end)

describe("{pair}", function()
  local function market(symbol)
    local w = assert(wick.open())
    local f = assert(w:feed(assert(feed.compile(assert(feed.check(made({}, { quotes = { "USDT",
      "USD" }, symbols = { "{pair}_{date}", "{pair}" } }), "sample"))))))
    local d = assert(w:decoder(f))
    assert(d:decode(('{"s":"%s","t":1700000000000,"p":1,"q":1}'):format(symbol)))
    local name = w:name(0)
    d:close()
    f:close()
    w:close()
    return name
  end

  it("does not take a separator for part of a code", function()
    for symbol, name in pairs { BTCUSDT = "V:BTC-USDT", ["BTC-USDT"] = "V:BTC-USDT",
      ["btc/usd"] = "V:BTC-USD", ["A-BTC-USDT"] = "V:A-BTC-USDT", ["BTC--USDT"] = "V:BTC--USDT",
      ["-USDT"] = "V:-USDT", ["BTC_USD_240126"] = "V:BTC-USD.240126",
      BTCUSD_240126 = "V:BTC-USD.240126" } do
      assert.equal(name, market(symbol))
    end
  end)
end)

describe("digits that are very many", function()
  it("are printed all the same", function()
    local long = "1." .. ("0"):rep(128)
    local rows = run(made(), ('{"s":"A-B","t":1700000000000,"p":"%s","q":"%s"}\n'):format(long,
      "1." .. ("0"):rep(600)))
    assert.equal(long, column(rows, 4))
    assert.equal("1", column(rows, 5))
  end)
end)

describe("what stands where a value should", function()
  it("is not dropped unsaid when it is an object or a list", function()
    for which, reason in pairs { id = "bad-id", symbol = "bad-symbol", time = "bad-time",
      count = "bad-count", price = "bad-price", qty = "bad-qty" } do
      local path = which == "time" and { "x", unit = "ms", received = true } or "x"
      local t = made({ fields = fields { [which] = path } },
        { ids = which == "id" and "unordered" or "none" })
      local rows, err = run(t, trades { '"x":{"a":1}', '"x":[1]' }, { market = "A-B" })
      assert.equal("", rows)
      assert.truthy(err:find(reason .. ": 2", 1, true), err)
    end
  end)

  it("is no symbol when a part that is joined is empty", function()
    local t = made { fields = fields { symbol = { join = { "s", "x" }, with = "-" } } }
    local rows, err = run(t, trades { '"x":""', '"x":"C"' })
    assert.equal("A-B-C", column(rows, 1))
    assert.truthy(err:find("no-symbol: 1", 1, true), err)
  end)
end)

describe("a CSV whose header names a column twice", function()
  local t = { venue = "V", ids = "none", symbols = { "{base}-{quote}" },
    csv = { { fields = fields {} } } }

  it("is refused where the column is read", function()
    local rows, err = run(t, "s,t,p,q,p\nA-B,1700000000000,1,1,2\n")
    assert.equal("", rows)
    assert.truthy(err:find("repeated-column", 1, true), err)
    rows = run(t, "s,t,p,q,x,x\nA-B,1700000000000,1,1,2,3\n")
    assert.equal("A-B", column(rows, 1))
  end)
end)

describe("what can never do anything", function()
  local TRADE = { p = { present = true } }

  -- The table is refused at a place, for a reason; without `at` it is taken.
  local function refused(t, at, reason)
    local ok, err = feed.check(t, "t")
    if not at then return assert.truthy(ok, err) end
    assert.is_nil(ok, at)
    assert.equal("t." .. at, err:match "^(.-): ", err)
    assert.truthy(err:find(reason, 1, true), err)
  end

  it("is an id in a table that says there are none, and an order without ids", function()
    refused(made { fields = fields { id = "i" } }, "messages[1].fields.id", "it would be dropped")
    refused(made({}, { ids = "ordered" }), "ids", "no rule has an 'id'")
    refused(made({ fields = fields { id = "i" } }, { ids = "ordered" }))
  end)

  it("is a key of an object that is not there", function()
    refused(made { trades = "d[]", fields = fields { symbol = { key = 1 } } },
      "messages[1].fields.symbol.key", "no {} number 1 in 'd[]'")
    refused(made { trades = "d{}[]", fields = fields {
      side = { key = 2, buy = "b", sell = "s" } } },
      "messages[1].fields.side.key", "no {} number 2")
    refused(made { trades = "d{}[]", fields = fields { symbol = { key = 1 } } })
    refused({ venue = "V", ids = "none", csv = { { fields = fields { symbol = { key = 1 } } } } },
      "csv[1].fields.symbol.key", "no object")
  end)

  it("is a way up from where nothing is above", function()
    refused(made { fields = fields { symbol = "^.s" } }, "messages[1].fields.symbol", "goes up")
    refused(made { trades = "d[]", fields = fields { symbol = "^^.s" } },
      "messages[1].fields.symbol", "'^^.s' goes up further than 'd[]' leads down")
    refused(made { trades = "d[]", where = { ["^^.x"] = 1 } }, "messages[1].where", "goes up")
    refused(made { when = { ["^.x"] = 1 } }, "messages[1].when", "goes up")
    refused(made { trades = "a[].b.d[]", fields = fields { symbol = "^^^.s" } })
  end)

  it("is a rule behind one that takes all of its messages", function()
    local function two(first, second, rest)
      local t = made { when = first }
      t.messages[2] = over({ payload = "other", when = second }, rest)
      return t
    end
    local WHY = "it is never reached: messages[1] takes all of its messages"
    for _, pair in ipairs { { TRADE, TRADE }, { { a = { prefix = "tr" } }, { a = "trade" } },
      { { a = { prefix = "tr" } }, { a = { prefix = { "tra", "tri" } }, b = 1 } },
      { { a = { 1, 2 } }, { a = "2" } },
      { { a = { present = true } }, { a = { contains = "x" } } },
      { { a = { suffix = "x" } }, { a = { "ax", "bx" } } },
      { { [1] = { kind = "array" } }, { ["[1]"] = { kind = "array" }, b = 1 } },
      { { a = { no = 1 } }, { a = { no = { 1, 2 } } } } } do
      refused(two(pair[1], pair[2]), "messages[2]", WHY)
    end
    refused(two(TRADE, TRADE, { any = { { a = 1 }, { a = 2 } } }), "messages[2]", WHY)
    for _, pair in ipairs { { { a = "trade" }, { a = { prefix = "tr" } } },
      { { a = { prefix = "tra" } }, { a = { prefix = { "tra", "x" } } } },
      { { a = 1, b = 1 }, { a = 1 } }, { { a = 1 }, { a = { no = 2 } } },
      { { a = { present = true } }, { a = { no = 2 } } }, { { a = { no = 1 } }, { a = 2 } },
      { { a = { present = true } }, { a = { present = false } } },
      { { ["$.a"] = 1, a = 1 }, { a = 1 } } } do
      refused(two(pair[1], pair[2]))
    end
    local t = two(TRADE, TRADE)
    t.messages[1].any = { { a = 1 } }
    refused(t)
  end)

  it("is a name that nobody uses", function()
    refused(made({}, { bound = { n = { ["1"] = "A-B" } } }), "bound.n", "no rule asks for it")
    refused(made({}, { kinds = { a = "PERP" } }), "kinds", "no rule has a field 'kind'")
    refused(made({}, { symbols = { { "{base}-{quote}", where = "x" } } }), "symbols[1].where",
      "no rule has a field 'kind'")
    refused(made({}, { symbols = { "{base}-{quote}", { "{base}-{quote}", kind = "PERP" } } }),
      "symbols[2]", "symbols[1] fits all that '{base}-{quote}' fits")
    refused(made({ fields = fields { kind = "k" } }, { kinds = { a = "PERP" },
      symbols = { { "{base}-{quote}", where = "x" }, "{base}-{quote}" } }))
  end)
end)
