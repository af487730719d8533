-- SPDX-License-Identifier: Apache-2.0
-- Ticks and candles as a script reads them: numbers to look at, exact text, loans and copies.
local helper = require "spec.lua.helper"
local wick = helper.wick

local TRADES = [[
a,p,q,f,l,T,m,M
7,0.00141342,23.00000000,10,12,1570752011620,true,true
8,0.00141266,54.5,13,13,1570752011621,false,true
9,0.0014,1,14,14,1570752071000,false,true
]]

local function line(w, dir)
  local feed = require "wick.feed"
  local t = assert(feed.load(helper.root .. "/scripts/feeds/binance.lua"))
  local plan = assert(w:feed(assert(feed.compile(t))))
  local file = helper.write(dir .. "/trades.csv", TRADES)
  local source = assert(w:source("file:" .. file, { feed = plan, market = "XRPETH" }))
  return source, plan
end

describe("ticks (" .. helper.vm .. ")", function()
  helper.tidy()

  local function with_batch(check)
    local w = assert(wick.open())
    local source = line(w, helper.tmp())
    w:link(source, nil)
    helper.wait(w, function(ev)
      if not ev.batch or #ev.batch.ticks == 0 then return end
      check(w, ev.batch)
      return true
    end)
    w:close()
  end

  it("are read by index, as numbers and as exact text", function()
    with_batch(function(w, batch)
      local ticks = batch.ticks
      assert.equal(3, #ticks)
      local t = ticks[1]
      assert.equal("1570752011620000000", t.time_ns)
      assert.equal(1570752011620, t.time_ms)
      assert.equal(0.00141342, t.price)
      assert.equal(23, t.qty)
      assert.equal("0.00141342", t:text "price")
      assert.equal("23", t:text "qty")
      assert.equal("7", t.id)
      assert.equal("7", t.id_key)
      assert.equal(3, t.trades)
      assert.equal("sell", t.side)
      assert.is_true(t.sell)
      assert.is_false(t.buy)
      assert.is_true(t.ordered)
      assert.is_false(t.snapshot)
      assert.equal("buy", ticks[2].side)
      assert.equal("Binance:XRP-ETH", w:name(t.market))
      assert.equal("XRPETH", w:symbol(t.market))
      assert.is_nil(ticks[0])
      assert.is_nil(ticks[4])
      assert.is_nil(t.nothing)
    end)
  end)

  it("can be copied, and then stay", function()
    local kept, one
    with_batch(function(_, batch)
      kept, one = batch.ticks:copy(), batch.ticks[2]:copy()
    end)
    collectgarbage()
    collectgarbage()
    assert.equal(3, #kept)
    assert.equal("9", kept[3].id)
    assert.equal("0.0014", kept[3]:text "price")
    assert.equal("8", one.id)
    assert.equal("54.5", one:text "qty")
    local sum = 0
    for _, t in kept:each() do sum = sum + t.qty end
    assert.equal(78.5, sum)
    assert.equal("8", kept:copy()[2]:copy().id)
  end)

  it("are gone after the next poll, and say so", function()
    local t
    with_batch(function(_, batch) t = batch.ticks[1] end)
    local ok, why = pcall(function() return t.price end)
    assert.is_false(ok)
    assert.is_truthy(why:find("this tick was lent until the next poll", 1, true))
    assert.is_false((pcall(function() return t:text "price" end)))
  end)

  it("come with marks", function()
    local w = assert(wick.open())
    local source = line(w, helper.tmp())
    w:link(source, nil)
    local names = {}
    helper.wait(w, function(ev)
      if not ev.batch then return end
      for _, mark in ev.batch.marks:each() do names[mark.name] = mark.from_ns end
      return names.open
    end)
    assert.equal("1570752011620000000", names.open)
    w:close()
  end)
end)

describe("numbers that count trades (" .. helper.vm .. ")", function()
  helper.tidy()

  -- The ticks of messages, one batch each: first the general way, then by their learnt shape.
  local function decoded(name, form, values, recv_ns)
    local feed = require "wick.feed"
    local w = assert(wick.open())
    local d = assert(w:decoder(assert(w:feed(assert(feed.compile(assert(feed.load(name))))))))
    local out = {}
    for _, n in ipairs(values) do
      assert.equal(1, d:decode((form:gsub("#", n)), nil, recv_ns or "1700000000000000000"))
      local t = d:batch().ticks[1]
      out[#out + 1] = ("%s %s%s%s"):format(t.seq, t.id_counts and "id " or "",
        t.seq_counts and "seq " or "", t.seq_untimed and "untimed" or "")
    end
    w:close()
    return table.concat(out, "\n")
  end

  it("say so in every tick, whichever way it was decoded", function()
    assert.equal("0 id \n0 id \n0 id ", decoded("binance", '{"e":"aggTrade","s":"ETHUSDT","a":#,'
      .. '"p":"1.5","q":"2","f":1,"l":1,"T":1700000000000,"m":true}', { "7", "8", "9" }))
    assert.equal("7 seq untimed\n8 seq untimed\n9 seq untimed", decoded("cryptocompare",
      '{"TYPE":"0","M":"Coinbase","FSYM":"BTC","TSYM":"USD","F":"1","ID":"5","TS":1700000001,'
      .. '"Q":1,"P":2,"CCSEQ":#}', { "7", "8", "9" }))
    assert.equal("0 \n0 \n0 ", decoded("bitstamp", '{"event":"trade","channel":'
      .. '"live_trades_btcusd","data":{"id":#,"price_str":"1","amount_str":"2","type":0,'
      .. '"microtimestamp":"1700000000000000"}}', { "7", "8", "9" }))
    assert.equal("0 \n0 ", decoded("binance", '{"e":"trade","s":"ETHUSDT","t":#,"p":"1.5","q":"2",'
      .. '"T":1700000000000,"m":true}', { "7", "8" }, "0"))       -- a row: no time of receipt
  end)
end)

describe("candles (" .. helper.vm .. ")", function()
  helper.tidy()

  local function with_candles(check)
    local w = assert(wick.open { intervals = "1m" })
    local source = line(w, helper.tmp())
    local agg = assert(w:agg { replay = 1, partial = 1 })
    w:link(source, agg)
    helper.wait(w, function(ev) return ev.name == "end" end)
    check(w, helper.wait_tag(w, agg:finish()).candles)
    w:close()
  end

  it("are read as numbers and as exact text", function()
    with_candles(function(w, candles)
      assert.equal(2, #candles)
      local c = candles[1]
      assert.equal("1570752000000000000", c.time_ns)
      assert.equal(1570752060000, c.end_ms)
      assert.equal(0.00141342, c.open)
      assert.equal("0.00141266", c:text "low")
      assert.equal("77.5", c:text "volume")
      assert.equal(77.5, c.volume)
      assert.equal(54.5, c.buy)
      assert.equal(23, c.sell)
      assert.equal("0.10949863", c:text "quote")
      assert.equal(4, c.trades)
      assert.equal("trades", c.method)
      assert.equal("1m", wick.interval_text(c.interval))
      assert.equal("Binance:XRP-ETH", w:name(c.market))
      assert.equal(true, c.closed)
      assert.equal(0, c.rev)
      assert.is_truthy(c.digest:match "^%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x$")
      assert.is_false((pcall(function() return c:text "price of tea" end)))
    end)
  end)

  it("become text in every form, lent or copied", function()
    with_candles(function(w, candles)
      local csv = w:format(candles, { header = true })
      assert.equal(3, select(2, csv:gsub("\n", "")))
      assert.is_truthy(csv:find("Binance:XRP-ETH,XRPETH,1m,1570752000000,0.00141342,", 1, true))
      assert.equal(csv, w:format(candles:copy(), { header = true }))
      for _, format in ipairs { "ndjson", "objects", "rows", "columns" } do
        assert.is_truthy(w:format(candles, { format = format }):find("0.00141266", 1, true))
      end
      local one = w:format(candles[1], { columns = "time", unit = "s" })
      assert.is_truthy(one:find("1570752000", 1, true))
      assert.is_false((pcall(w.format, w, candles, { format = "xml" })))
      assert.is_false((pcall(w.format, w, "no candles")))
    end)
  end)
end)
