-- SPDX-License-Identifier: Apache-2.0
-- Feed tables: loading, checking, compiling; every table of the README and every shipped one;
-- feed check.
local helper = require "spec.lua.helper"
local feed = require "wick.feed"
local check = require "wick.feed.check"
local wick = helper.wick

local function table_file(text)
  return helper.write(helper.tmp() .. "/sample.lua", text)
end

local MINIMAL = [[return { venue = "V", ids = "none", messages = { { payload = "trade", fields = {
  symbol = "s", time = { "t", unit = "ms" }, price = "p", qty = "q" } } } }]]

-- The rows of messages through the plan of a table.
local function rows_of(t, messages, market, whole)
  local w = assert(wick.open())
  local f = assert(w:feed(assert(feed.compile(t))))
  local d = assert(w:decoder(f, market))
  local out = {}
  for message in (messages .. (whole and "" or "\n")):gmatch(whole and ".+" or "([^\n]+)\n") do
    local n, why = d:decode(message)
    assert(n, why)
    for i = 0, n - 1 do out[#out + 1] = d:row(i) end
    d:batch()
  end
  d:close()
  f:close()
  w:close()
  return table.concat(out, "\n")
end

-- The same of a recording that says where its connections lead.
local function rows_of_recording(t, text)
  local w, out = assert(wick.open()), {}
  assert.equal(0, check.run { feed = t, w = w, trades = true, strict = true, err = error,
    recording = helper.write(helper.tmp() .. "/recording.txt", text),
    out = function(s) out[#out + 1] = s end })
  w:close()
  return table.concat(out):match "^[^\n]*\n(.*)\n$"
end

describe("loading a feed table", function()
  it("finds shipped ones by name and others by path", function()
    assert.equal("Binance", assert(feed.load "binance").venue)
    assert.equal("V", assert(feed.load(table_file(MINIMAL))).venue)
    local names = table.concat(feed.list(helper.root .. "/scripts/feeds"), " ")
    for _, name in ipairs { "cryptocompare", "binance", "bitget", "bitstamp", "coinbase", "hitbtc",
      "kraken", "okx", "upbit",
      "bitfinex", "phemex", "gemini", "binance_usdm" } do
      assert.truthy(names:find(name, 1, true), name)
    end
  end)

  it("says what is near when a name is mistyped", function()
    local t, err = feed.load "krakn"
    assert.is_nil(t)
    assert.truthy(err:find("did you mean 'kraken'?", 1, true), err)
  end)

  it("runs it in an empty environment", function()
    for _, text in ipairs { "return { venue = os.getenv 'HOME' }", "return require 'x'",
      "return _G.x.y",
      "return { venue = ('x'):rep(3) }", "x = 1 return string.y", "return load 'return 1'" } do
      assert.is_nil(feed.load(table_file(text)), text)
    end
    assert.equal("string", type(("x"):rep(2)))          -- and leaves the world as it was
  end)

  it("cannot be hung, and not be filled", function()
    for _, text in ipairs { "while true do end", "for i = 1, 1e12 do end return {}",
      "local function f() return f() end f()",
      "local s = 'x' while true do s = s .. s end", "local t = {} for i = 1, 1e9 do t[i] = {} end",
      "goto a ::a:: goto a" } do
      local t, err = feed.load(table_file(text))
      assert.is_nil(t)
      assert.equal("string", type(err))
    end
  end)

  it("refuses what is no table and no text", function()
    for _, text in ipairs { "", "return 5", "return nil", "syntax error here", "\27Lua",
      "error 'no'", "error {}" } do
      local t, err = feed.load(table_file(text))
      assert.is_nil(t)
      assert.equal("string", type(err))
    end
    assert.is_nil(feed.load "/no/such/file.lua")
    assert.is_nil(feed.load(helper.tmp() .. "/"))
  end)
end)

describe("a table that would do nothing, or something else", function()
  local function refused(change, where)
    local text = MINIMAL:gsub('venue = "V",', function(venue)
      return venue .. change .. ","
    end)
    local t, err = feed.load(table_file(text))
    assert.is_nil(t, change)
    assert.truthy(err:find(where, 1, true), err)
  end

  it("is refused for its patterns", function()
    refused('symbols = { "{base}{quote}" }', "nothing separates the parts")
    refused('symbols = { "{pair}" }', "'quotes' is missing")
    refused('symbols = { "{base}-{kind}-{kind}", }', "stands twice")
    refused('quotes = { "A" }, symbols = { { "{pair}P", quote = "B" } }', "beside a fixed")
    refused('ask = "{bse}"', "'{bse}' is none of")
  end)

  it("is refused for what it would send", function()
    refused("subscribe = '{\"s\":\"{sym}\"}'", "'{sym}' stands for nothing")
    refused("subscribe = '{\"s\":1}'", "'{symbol}' is missing")
    refused("subscribe = { send = 'x', item = '{symbol}' }", "'{list}' is missing")
    refused("subscribe = { send = '{list}' }", "'item' is missing")
    refused("url = 'stream.x.com'", "an address like wss://")
  end)

  it("is refused for numbers that cannot count trades", function()
    local function counted(ids, id, seq, where, csv)
      local fields = ('fields = { symbol = "s", time = { "t", unit = "ms" }, price = "p", '
        .. 'qty = "q", id = %s, seq = %s }'):format(id, seq)
      local t, err = feed.load(table_file(('return { venue = "V", ids = "%s", %s = { { %s %s } } }')
        :format(ids, csv and "csv" or "messages", csv and "" or 'payload = "t", ', fields)))
      if not where then return assert.truthy(t, err) end
      assert.is_nil(t, id)
      assert.truthy(err:find(where, 1, true), err)
    end
    local count = '{ "i", gapless = true }'
    counted("ordered", count, '"n"')
    counted("unordered", '"i"', count)
    counted("ordered", '"i"', '{ "n", gapless = true, order = true }')
    counted("unordered", count, '"n"', "fields.id.gapless: ids that count are ordered")
    counted("ordered", count, count, "fields.seq.gapless: 'id' counts the trades already")
    counted("ordered", '{ join = { "a", "b" }, gapless = true }', '"n"', "joined values")
    counted("unordered", count, '"n"', "csv[1].fields.id.gapless: ids that count", true)
    counted("ordered", '"i"', '{ "n", gapless = 1 }', "seq.gapless")
  end)

  it("is refused for rules that are never reached, or bind nothing", function()
    local function rule(text, where)
      local t, err = feed.load(table_file('return { venue = "V", ids = "none", messages = { '
        .. text .. " } }"))
      assert.is_nil(t, text)
      assert.truthy(err:find(where, 1, true), err)
    end
    local fields = 'fields = { symbol = %s, time = { "t", unit = "ms" }, price = "p", '
      .. 'qty = "q" %s }'
    rule('{ payload = "a" }, { payload = "b" }', "messages[1] takes every message")
    rule('{ payload = "t", ' .. fields:format('{ "c", bound = "x" }', "") .. " }",
      "no rule binds 'x'")
    rule('{ payload = "t", order = "newest", ' .. fields:format('"s"', "") .. " }",
      "there is no list")
    rule('{ payload = "t", ' .. fields:format('"s"', ', side = { "x", buy = "B" }') .. " }",
      "'sell' is missing")
    rule('{ payload = "t", ' .. fields:format('"s"', ', side = { "x", buy = "B", sell = "B" }')
      .. " }", "'B' is buy and sell")
    rule('{ payload = "s", when = { a = 1 }, control = "subscribed" }', "'symbol' is missing")
    rule('{ payload = "s", when = { a = 1 }, control = "subscribd", symbol = "s" }', "did you mean")
    rule('{ payload = "s", when = { a = 1 }, control = "ping", answer = "{value}" }', "is missing")
    rule('{ payload = "t", snapshot = {}, ' .. fields:format('"s"', "") .. " }", "not a table")
  end)
end)

describe("extends", function()
  it("takes the table beside it, key by key", function()
    local dir = helper.tmp()
    helper.write(dir .. "/base.lua", MINIMAL:gsub("ids =",
      "aliases = { A = 'B', C = 'D' }, repeats = 7, ids ="))
    helper.write(dir .. "/clone.lua",
      "return { extends = 'base', venue = 'W', aliases = { C = 'E' } }")
    local t = assert(feed.load(dir .. "/clone.lua"))
    assert.equal("W", t.venue)
    assert.equal(7, t.repeats)
    assert.same({ A = "B", C = "E" }, t.aliases)
    assert.equal("clone", t.name)
  end)

  it("refuses circles, paths and what is not there", function()
    local dir = helper.tmp()
    helper.write(dir .. "/a.lua", "return { extends = 'b' }")
    helper.write(dir .. "/b.lua", "return { extends = 'a' }")
    helper.write(dir .. "/c.lua", "return { extends = '../a' }")
    helper.write(dir .. "/d.lua", "return { extends = 'nobody' }")
    for _, name in ipairs { "a", "c", "d" } do
      local t, err = feed.load(dir .. "/" .. name .. ".lua")
      assert.is_nil(t)
      assert.truthy(err:find(name .. ".extends", 1, true) or err:find("extends itself", 1, true),
        err)
    end
  end)
end)

describe("a mistake in a table", function()
  local FIELDS = { symbol = "s", time = { "t", unit = "ms" }, price = "p", qty = "q" }

  local function with(changes)
    local t = { venue = "V", ids = "none", messages = { { payload = "trade", fields = {} } } }
    for k, v in pairs(FIELDS) do t.messages[1].fields[k] = v end
    changes(t, t.messages[1], t.messages[1].fields)
    local ok, err = feed.check(t, "sample")
    assert.is_nil(ok)
    return err
  end

  local CASES = {
    { "sample.messages[1].fields: no key 'pricee'; did you mean 'price'?", function(_, _,
      f) f.pricee = "x" end },
    { "sample.messages[1].fields.price: no key 'scal'; did you mean 'scale'?", function(_, _,
      f) f.price = { "p", scal = 4 } end },
    { "sample: no key 'vanue'; did you mean 'venue'?", function(t) t.vanue = "x" end },
    { "sample: 'venue' is missing", function(t) t.venue = nil end },
    { "sample: 'ids' is missing", function(t) t.ids = nil end },
    { "sample.ids: ordered, unordered, none is wanted, not 'orderd'; did you mean 'ordered'?",
      function(t) t.ids = "orderd" end },
    { "sample.messages[1]: 'payload' is missing", function(_, m) m.payload = nil end },
    { "sample.messages[1].fields: 'qty' is missing", function(_, _, f) f.qty = nil end },
    { "sample.messages[1].fields.time: 'unit' is missing", function(_, _, f) f.time = { "t" } end },
    { "sample.messages[1].fields.time.unit: s, ms, us, ns, iso is wanted", function(_, _,
      f) f.time = { "t", unit = "sec" } end },
    { "sample.messages[1].fields.price: 'a..b' is no path: a key is empty", function(_, _,
      f) f.price = "a..b" end },
    { "sample.messages[1].fields.price: 'a[0]' is no path", function(_, _,
      f) f.price = "a[0]" end },
    { "sample.messages[1].fields.price: 'a[' is no path", function(_, _, f) f.price = "a[" end },
    { "sample.messages[1].fields.side: how it is told is missing", function(_, _,
      f) f.side = "side" end },
    { "sample.messages[1].fields.price.scale: a whole number", function(_, _, f) f.price = { "p",
      scale = 4.5 } end },
    { "sample.messages[1].fields.qty.factor: a decimal over 0", function(_, _, f) f.qty = { "q",
      factor = "0" } end },
    { "sample.messages[1].when.x: no key 'prefx'; did you mean 'prefix'?", function(_,
      m) m.when = { x = { prefx = "a" } } end },
    { "sample.messages[1].when.x: it tests nothing", function(_, m) m.when = { x = {} } end },
    { "sample.messages[1].any[2].y: ", function(_, m) m.any = { { x = 1 }, { y = print } } end },
    { "sample.messages[1]: 'control' is missing", function(_, m) m.symbol = "s" end },
    { "sample.messages[2]: 'fields' is missing", function(t) t.messages[2] = { payload = "x",
      trades = "a[]" } end },
    { "sample.messages[1].trades: it has more than 3", function(_, m) m.trades = "a[][][][]" end },
    { "sample.symbols[1]: '{foo}' is none of", function(t) t.symbols = { "{foo}" } end },
    { "sample.symbols[1]: {base} and {quote}", function(t) t.symbols = { "{base}" } end },
    { "sample.quotes: the list is empty", function(t) t.quotes = {} end },
    { "sample.messages: a list", function(t) t.messages.x = 1 end },
    { "sample.messages[1].fields.price: a path as first element", function(_, _,
      f) f.price = { scale = 4 } end },
    { "sample.csv[1]: 'fields', or 'has'", function(t) t.csv = { { payload = "x" } } end },
    { "sample.venue: letters, digits and dots", function(t) t.venue = "a:b" end },
    { "sample.errors.auth: stop, wait", function(t) t.errors = { auth = "explode" } end },
    { "sample.errors: there is no 'control' in any rule that is called 'ratelimit'; did you mean "
      .. "'rate-limit'?", function(t) t.errors = { ratelimit = "wait" } end },
    { "sample.quantity: there is no kind 'prep'; did you mean 'PERP'?", function(t)
      t.symbols, t.quantity = { "{base}-{quote}-{kind}", { "{base}-{quote}", kind = "PERP" } },
        { prep = "base" } end },
    { "sample.quantity: there is no kind 'BTCUSD'", function(t) t.quantity = {
      BTCUSD = "base" } end },
    { "sample.quantity: the table is empty", function(t) t.quantity = {} end },
    { "sample.messages[1].fields.price.scale: the table is empty", function(_, _,
      f) f.price = { "p", scale = {} } end },
    { "sample.ask[1].kind: there is no kind 'PREP'; did you mean", function(t)
      t.symbols = { { "{base}-{quote}", kind = "PERP" } }
      t.ask = { { "{base}", kind = "PREP" } } end },
    { "sample.ask: {base} or {pair} is missing", function(t) t.ask = "btc" end },
    { "sample.key: the table is empty", function(t) t.key = {} end },
    { "sample.key.query: '{key}' is missing", function(t) t.key = { query = "k=" } end },
    { "sample.history.interval: an interval like", function(t) t.history = { url = "x",
      interval = { ["1 m"] = 1 } } end },
    { "sample.history.fields: no key 'opn'; did you mean 'open'?", function(t) t.history = {
      url = "x", fields = { opn = 1 } } end },
    { "sample.messages[1].fields.time: 'zone' is for iso times", function(_, _, f) f.time = { "t",
      unit = "ms", zone = "+09:00" } end },
    { "sample.messages[1].fields.side: 'buy' and 'sell' values, 'bits', or 'sign'", function(_, _,
      f) f.side = { "s", sign = true, buy = "B", sell = "S" } end },
    { "sample.inside: 'base64 = true' is missing", function(t) t.inside = { "a",
      compression = "gzip" } end },
    { "sample.inside[2]: either 'split' or 'base64'", function(t) t.inside = { "a",
      { "b", base64 = true, split = ":" } } end },
    { "sample.inside: the path begins at the message", function(t) t.inside = "$.a" end },
    { "sample.inside: it does not go together with 'split'", function(t)
      t.inside, t.split = "a", "|" end },
    { "sample.inside[1]: no key 'base46'; did you mean 'base64'?", function(t) t.inside = { { "a",
      base46 = true } } end },
    { "sample.messages[1].bind.key: its lists are not those of 'a[].s'", function(_, m)
      m.control, m.symbol, m.bind = "subscribed", "a[].s", { key = "b[].k" } end },
    { "sample.messages[1].bind.key: a list, and 'symbol' has none", function(_, m)
      m.control, m.symbol, m.bind = "subscribed", "s", { key = "b[].k" } end },
    { "sample.messages[1].bind.key: there is no {} number 1 in 'symbol'", function(_, m)
      m.control, m.symbol, m.bind = "subscribed", "s[]", { key = { key = 1 } } end },
    { "sample.messages[1].fields.symbol: '@.pth[-1]' is no path: an address has @.url", function(_,
      _, f) f.symbol = "@.pth[-1]" end },
    { "sample.messages[1].fields.time.unit: two units, the coarser first", function(_, _,
      f) f.time = { "t", unit = { "us", "ms" } } end },
    { "sample.prefix: an empty text", function(t) t.prefix = "" end },
    { "sample.bound.x: messages[1] binds it", function(t, m)
      t.bound = { x = { ["1"] = "A" } }
      m.control, m.symbol, m.bind = "subscribed", "s", { key = "k", as = "x" } end },
  }

  it("is refused with its place", function()
    for _, case in ipairs(CASES) do
      local err = with(case[2])
      assert.equal(case[1], err:sub(1, #case[1]))
    end
  end)

  local function copied(v)
    if type(v) ~= "table" then return v end
    local out = {}
    for k, e in pairs(v) do out[k] = copied(e) end
    return out
  end

  -- Every part of every shipped table in turn is renamed, of another type, or one too many.
  local function each_change(t, root, visit)
    local names = {}
    for k in pairs(t) do names[#names + 1] = k end
    for _, k in ipairs(names) do
      local v = t[k]
      if type(v) == "table" then each_change(v, root, visit) end
      for _, other in ipairs { 7, 1.5, "zzz", {}, { zzz = 1 }, print } do
        t[k] = other
        visit(root)
      end
      t[k] = nil
      t[k .. "x"] = v
      visit(root)
      t[k .. "x"] = nil
      t[k] = v
    end
  end

  it("is refused or understood, whatever it is", function()
    local good, bad = 0, 0
    for _, name in ipairs { "bitfinex", "okx", "phemex" } do
      local t = assert(feed.load(name))
      t.path = nil
      each_change(t, t, function(root)
        local ok, err = feed.check(copied(root), name)
        if ok then ok, err = feed.compile(ok) end
        if type(ok) == "string" and not err then good = good + 1
        elseif not ok and type(err) == "string" then bad = bad + 1
        else error("neither a plan nor why not") end
      end)
    end
    assert.truthy(bad > 3 * good and good > 300, bad .. " refused, " .. good .. " understood")
  end)

  it("may be a table in itself", function()
    local t = { venue = "V", ids = "none" }
    t.messages = { { payload = "x", when = t } }
    assert.is_nil(feed.check(t, "circle"))
    t.messages = t
    assert.is_nil(feed.check(t, "circle"))
  end)
end)

describe("a plan", function()
  it("is made of every shipped table, and C reads it", function()
    local w = assert(wick.open())
    for _, name in ipairs(feed.list()) do
      local plan = assert(feed.compile(assert(feed.load(name))))
      assert.equal("wick-plan 1\n", plan:sub(1, 12))
      local f = assert(w:feed(plan))
      f:close()
    end
    w:close()
  end)

  it("keeps any byte of keys, values and symbols", function()
    local t = assert(feed.check({ venue = "V", ids = "none", messages = { { payload = "trade",
      when = { ["k e\\.y/%"] = "v a\tl/%1" }, fields = { symbol = { "s", prefix = "% " },
        time = { "t", unit = "s" },
        price = "p\\[1]", qty = "q" } } } }, "bytes"))
    local message = [[{"k e.y/%":"v a\tl/%1","s":"% X","t":1700000000,"p[1]":5,"q":6}]]
    assert.equal("X,1700000000000000000,,5,6,,live", rows_of(t, message))
  end)
end)

describe("a message of several values", function()
  local FIELDS = { symbol = "s", time = { join = { "$.d", "t" }, with = "T", unit = "iso" },
    price = "p", qty = "q" }
  local function rows(split, message)
    local t = assert(feed.check({ venue = "V", ids = "none", split = split, messages = {
      { payload = "trade", when = { s = { present = true } }, fields = FIELDS } } }, "several"))
    return rows_of(t, message, nil, "whole")
  end
  local ONE = [[{"s":"X","d":"20200101","t":"000001","p":5,"q":6}]]
  local ROW = "X,1577836801000000000,,5,6,,live"

  it("is taken apart at any separator, white space too", function()
    for _, split in ipairs { "|", "\30", "\n", "\r\n", "<>" } do
      assert.equal(ROW .. "\n" .. ROW, rows(split, ONE .. split .. ONE .. split), split)
      assert.equal(ROW, rows(split, ONE))
    end
    assert.has_error(function() rows("|", ONE .. "\n" .. ONE) end)
    assert.has_error(function() rows("\n", ONE .. "x") end)
    assert.is_nil(feed.check({ venue = "V", ids = "none", split = "" , messages = {
      { payload = "trade", fields = FIELDS } } }, "several"))
  end)
end)

describe("a time in either of two units", function()
  it("is of the first in which it lies in our days", function()
    local t = assert(feed.check({ venue = "V", ids = "none", messages = { { payload = "trade",
      fields = { symbol = "s", time = { "t", unit = { "ms", "us" } }, price = "q",
        qty = "q" } } } }, "two"))
    for text, ns in pairs { ["1735689600123"] = "1735689600123000000",
      ["1735689600123456"] = "1735689600123456000", ['"1735689600123456"'] = "1735689600123456000",
      ["1735689600123.5"] = "1735689600123500000" } do
      for _ = 1, 3 do
        assert.equal("X," .. ns .. ",,5,5,,live", rows_of(t, '{"s":"X","t":' .. text .. ',"q":5}'))
      end
    end
    assert.has_error(function() rows_of(t, '{"s":"X","t":1735689600123456000,"q":5}') end)
  end)
end)

describe("a bound key in each trade", function()
  it("is looked for there, and refused where nothing is bound to it", function()
    local t = assert(feed.check({ venue = "V", ids = "none", messages = {
      { payload = "trade", when = { e = "t" }, trades = "d[]", fields = {
        symbol = { 1, bound = "m" }, time = { 2, unit = "s" }, price = 3, qty = 4 } },
      { payload = "session", when = { e = "l" }, control = "subscribed", symbol = "l[].s",
        bind = { key = "l[].i", as = "m" } } } }, "each"))
    assert.equal("X,1700000000000000000,,5,6,,live", rows_of(t, [==[
{"e":"l","l":[{"i":1,"s":"X"},{"s":"Y","i":2}]}
{"e":"t","d":[[1,1700000000,5,6],[3,1700000000,5,6]]}]==]))
  end)
end)

describe("keys of objects", function()
  it("are counted by {}, whatever lists stand before them, and say the side too", function()
    local t = assert(feed.check({ venue = "V", ids = "none", messages = { { payload = "trade",
      trades = "a[].b{}[]", fields = { symbol = "^^.s",
        side = { key = 1, buy = "up", sell = "down" },
        time = { 1, unit = "s" }, price = 2, qty = 3 } } } }, "keys"))
    assert.equal("X,1700000000000000000,,5,6,sell,live\nX,1700000000000000000,,7,8,buy,live",
      rows_of(t,
        [==[{"a":[{"s":"X","b":{"down":[[1.7e9,5,6]],"up":[[1.7e9,7,8]]}}]}]==]))
  end)
end)

-- Blocks ```lua, ```json, ```csv behind each other: a table, its messages, its trades.
describe("the README", function()
  local text = helper.read(helper.root .. "/scripts/feeds/README.md")
  local blocks, run = {}, 0
  for language, body in text:gmatch "```(%a+)\n(.-)\n```" do
    blocks[#blocks + 1] = { language = language, body = body }
  end
  for i, block in ipairs(blocks) do
    local messages, want = blocks[i + 1], blocks[i + 2]
    if block.language == "lua" and messages and messages.language == "json" then
      run = run + 1
      it("tells the truth in its example " .. run .. ": " .. block.body:match 'venue = "(%w+)"',
        function()
        assert.equal("csv", want.language)
        local t = assert(feed.load(table_file(block.body)))
        local rows = messages.body:find(" <-> ", 1, true) and rows_of_recording or rows_of
        assert.equal(want.body, rows(t, messages.body))
      end)
    end
  end

  it("has its examples", function() assert.truthy(run >= 19) end)

  it("names every key", function()
    local schema = helper.read(helper.root .. "/lua/wick/feed/schema.lua")
      .. helper.read(helper.root .. "/lua/wick/feed/fields.lua")
    schema = schema:gsub("local [%w_, ]+ =", "")
    for key in schema:gmatch "[%s{(,]([%a_]+) = [%a{]" do
      if not key:find "^[A-Z]" and key ~= "seen" then
        assert.truthy(text:find(key, 1, true), "README does not explain " .. key)
      end
    end
  end)
end)

describe("feed check", function()
  local function run(opts)
    local w = assert(wick.open())
    local out, err = {}, {}
    opts.w, opts.out, opts.err = w, function(s) out[#out + 1] = s end,
    function(s) err[#err + 1] = s end
    local status = check.run(opts)
    w:close()
    return status, table.concat(out), table.concat(err)
  end

  local FILE = [[{"s":"A-B","t":1700000000001,"p":"1.50","q":"2"}
{"s":"A-B","t":1700000000001,"p":"0","q":"2"}
{"s":"A-B","t":1700000000001,"p":"0","q":"2"}
{broken
[1]
]]
  local function sample() return helper.write(helper.tmp() .. "/r.ndjson", FILE) end
  local TABLE = MINIMAL:gsub('payload = "trade",',
    'payload = "trade", when = { s = { present = true } },')

  it("begins anew with each connection of a recording", function()
    local bound = helper.root .. "/scripts/feeds/bitfinex.lua"
    local rec = helper.write(helper.tmp() .. "/two.txt", [==[
wss://x.y <-> 1.1
1.2: {"event":"subscribed","channel":"trades","chanId":7,"symbol":"tBTCUSD"}
1.3: [7,"te",[1,1618665870435,1,2]]
wss://x.y <-> 3.1
3.4: [7,"te",[2,1618665870435,1,2]]
]==])
    local _, out = run { feed = bound, recording = rec, trades = true }
    assert.equal("symbol,time_ns,id,price,qty,side,kind\n"
      .. "tBTCUSD,1618665870435000000,1,2,1,buy,live\n", out)
  end)

  it("marks the first message alone, wherever the confirmation stands and however kinds are called",
    function()
    local t = table_file [[return { venue = "V", ids = "none",
      kinds = { up = "PERP", down = "PERP" }, symbols = { "{base}-{quote}" }, messages = {
      { payload = "trade", when = { p = { present = true } }, snapshot = "first", fields = {
        symbol = "s", kind = "k", time = { "t", unit = "ms" }, price = "p", qty = "q" } },
      { payload = "session", when = { sub = { present = true } }, control = "subscribed",
        symbol = "sub" },
      { payload = "session", when = { un = { present = true } }, control = "unsubscribed",
        symbol = "un" } } }]]
    local rec = helper.write(helper.tmp() .. "/first.ndjson", [[
{"sub":"C-D"}
{"s":"A-B","k":"up","t":1700000000001,"p":1,"q":1}
{"sub":"A-B"}
{"s":"A-B","k":"up","t":1700000000002,"p":1,"q":1}
{"s":"A-B","k":"down","t":1700000000003,"p":1,"q":1}
{"un":"A-B"}
{"s":"A-B","k":"down","t":1700000000004,"p":1,"q":1}
]])
    local _, out = run { feed = t, recording = rec, trades = true }
    local kinds = {}
    for kind in out:gmatch ",(%a+)\n" do kinds[#kinds + 1] = kind end
    assert.equal("kind snapshot live live snapshot", table.concat(kinds, " "))
    _, out = run { feed = t, recording = rec }
    for _, line in ipairs { "trades   4", "side unknown: 4", "snapshots 2", "V:A-B.PERP",
      "2023-11-14" } do
      assert.truthy(out:find(line, 1, true), out)
    end
  end)

  it("takes a constant kind of a rule", function()
    local t = table_file((MINIMAL:gsub('symbol = "s"', 'symbol = "s", kind = { value = "PERP" }')))
    local rec = helper.write(helper.tmp() .. "/kind.ndjson",
      ('{"s":"A-B","t":1700000000001,"p":1,"q":1}\n'):rep(3))
    local _, out = run { feed = t, recording = rec }
    assert.truthy(out:find("V:A-B.PERP", 1, true), out)
    assert.truthy(out:find("trades   3", 1, true), out)
  end)

  it("does not say that nothing was read where a trade was", function()
    local t = table_file [[return { venue = "V", ids = "none", messages = { { payload = "trade",
      trades = "d[]", fields = { symbol = "$.s", time = { "t", unit = "ms" }, price = "p",
      qty = "q" } } } }]]
    local rec = helper.write(helper.tmp() .. "/some.ndjson",
      '{"s":"A-B","d":[{"t":1700000000001,"p":"x","q":1},{"t":1700000000001,"p":1,"q":1}]}\n')
    assert.equal(0, (run { feed = t, recording = rec }))
  end)

  it("prints trades with the venue's digits", function()
    local status, out, err = run { feed = table_file(TABLE), recording = sample(), trades = true }
    assert.equal(0, status)
    assert.equal("symbol,time_ns,id,price,qty,side,kind\n"
      .. "A-B,1700000000001000000,,1.50,2,,live\n", out)
    assert.truthy(err:find("bad-price: 2, first in line 2", 1, true), err)
  end)

  it("counts in JSON", function()
    local status, out = run { feed = table_file(TABLE), recording = sample(), json = true }
    assert.equal(0, status)
    assert.equal('{"trades":1,"ignored":1,"refused":3,"refusals":['
      .. '{"reason":"bad-price","count":2,"first":2},'
      .. '{"reason":"malformed: a key is missing","count":1,"first":4}],'
      .. '"payloads":{"other":1,"trade":3,"unknown":1}}\n', out)
  end)

  it("is strict when asked, and fails where nothing can be read", function()
    assert.equal(1, (run { feed = table_file(TABLE), recording = sample(), json = true,
      strict = true }))
    local good = helper.write(helper.tmp() .. "/g.ndjson",
      '{"s":"A-B","t":1700000000001,"p":"1.50","q":"2"}\n')
    assert.equal(0, (run { feed = table_file(TABLE), recording = good, strict = true }))
    assert.equal(1, (run { feed = table_file(TABLE), recording = helper.write(helper.tmp() .. "/e",
      "") }))
    assert.equal(1, (run { feed = table_file(TABLE), recording = "/no/such/file" }))
    assert.equal(1, (run { feed = "/no/such/table.lua", recording = good }))
  end)

  it("takes the market of a file that names none", function()
    local csv = helper.write(helper.tmp() .. "/t.csv",
      "a,p,q,f,l,T,m\n7,1.50,2,7,9,1570752011620,true\n")
    local _, out = run { feed = "binance", recording = csv, market = "XRPETH", trades = true }
    assert.equal("symbol,time_ns,id,price,qty,side,kind\n"
      .. "XRPETH,1570752011620000000,7,1.50,2,sell,live\n", out)
    local status = run { feed = "binance", recording = csv, trades = true }
    assert.equal(1, status)
  end)

  it("tells every recorded payload of CryptoCompare apart", function()
    local dir = helper.shared "data/cryptocompare/index.json"
    if not dir then pending("SHARED is not there") return end
    local WANT = {
      ws_v2_session_messages = "session", ws_v2_errors = "error rate-limit", ws_v2_type5 = "index",
      ws_legacy = "legacy",
      datastreamer = "index session", dataapi = "candles", rest_v1 = "candles", rest_v2 = "candles",
      rest_pricemultifull = "price", rest_stats = "limits", rest_error_type99 = "rate-limit",
      rest_error_type0 = "unknown-path",
      rest_error_type1_noKey = "auth", rest_error_type1_unknownPair = "bad-parameter",
      rest_error_type2 = "bad-parameter",
    }
    dir = dir:gsub("index%.json$", "")
    local seen = 0
    for name in helper.read(dir .. "index.json"):gmatch '"file": "([^"]+)"' do
      local _, out = run { feed = "cryptocompare", recording = dir .. name, json = true }
      local found, wanted = {}, nil
      for payload in out:match '"payloads":{(.*)}':gmatch '"([^"]+)":' do
        found[#found + 1] = payload
      end
      for prefix, names in pairs(WANT) do
        if name:sub(1, #prefix) == prefix then wanted = names end
      end
      assert.equal(wanted, table.concat(found, " "), name)
      assert.truthy(out:find('"refused":0', 1, true), name)
      seen = seen + 1
    end
    assert.truthy(seen > 20)
  end)
end)
