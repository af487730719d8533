-- SPDX-License-Identifier: Apache-2.0
-- The simulator from outside: as a source in this process, and as the command, heard by wick's own
-- WebSocket source and judged by its truth.
local helper = require "spec.lua.helper"
local wick = helper.wick
local feeds = require "wick.cli.feeds"

local SUBS = '{"action":"SubAdd","subs":["0~Coinbase~BTC~USD","0~Coinbase~ETH~USD"]}'
local host = jit and helper.interpreter .. " '" .. helper.root .. "/lua/wick/cli.lua'"
  or "'" .. helper.build .. "/wickd'"

describe("the simulator (" .. helper.vm .. ")", function()
  local w, feed
  local running = {}                        -- process ids, so that a failed test leaves none

  before_each(function()
    w = assert(wick.open())
    feed = assert(feeds.open(w, "cryptocompare"))
  end)
  after_each(function()
    for pid in pairs(running) do os.execute("kill -TERM " .. pid) end
    running = {}
    feed:close()
    w:close()
    w, feed = nil, nil
  end)
  helper.tidy()

  -- Subscribe at every welcome; reopen what was cut.
  local function follow(source, ev)
    if ev.from ~= source.id then return end
    if ev.name == "message" and ev.control.kind == "welcome" then assert(source:send(SUBS)) end
    if ev.name == "closed" then assert(source:reopen()) end
  end

  -- The first n trades of an address, as text.
  local function hear(url, opts, n)
    opts.feed = feed
    local source, list = assert(w:source(url, opts)), {}
    assert(w:link(source, nil))
    helper.wait(w, function(ev)
      follow(source, ev)
      if ev.name ~= "batch" then return end
      for _, t in ev.batch.ticks:each() do
        list[#list + 1] = ("%s %s %s %s"):format(t.time_ns, t.id, t:text "price", t:text "qty")
      end
      return #list >= n
    end, 20000)
    source:close()
    return list
  end

  local URL = "sim:?rate=50&seed=4&markets=Coinbase:BTC-USD,Coinbase:ETH-USD"

  it("is the same world for the same seed, and another one for another", function()
    local at = "&start=1600000000000000000"
    local one, two = hear(URL .. at, {}, 5000), hear(URL .. at, {}, 5000)
    local other = hear(URL:gsub("seed=4", "seed=5") .. at, {}, 5000)
    local same = 0
    for i = 1, 5000 do
      assert.equal(one[i], two[i])
      if one[i] == other[i] then same = same + 1 end
    end
    assert.equal(0, same)
  end)

  it("goes on where the log ends", function()
    local whole = hear(URL .. "&start=1600000000000000000", {}, 3000)
    local last = whole[2000]:match "^%d+"
    local rest, at = hear(URL, { after = last }, 1040), {}
    for i, text in ipairs(rest) do at[text] = i end
    for i = 2001, 3000 do assert.truthy(at[whole[i]], "missing: " .. whole[i]) end
  end)

  it("cuts an in-process connection and goes on", function()
    local faults = "&fault=cut-hold@n1000&fault=bad-frame@n2000"
    local list = hear(URL .. "&start=1600000000000000000" .. faults, {}, 4000)
    local seen, distinct = {}, 0
    for _, text in ipairs(list) do
      if not seen[text] then distinct = distinct + 1 end
      seen[text] = true
    end
    assert.is_true(distinct < #list and distinct >= #list - 160)
  end)

  it("refuses what it does not know, with what there is", function()
    local ok, why = pcall(w.source, w, "sim:?fault=cat@12s", { feed = feed })
    assert.is_false(ok)
    assert.matches("no fault 'cat'; there are drop, gap, late", why, 1, true)
    local _, status, said = helper.cli("sim", "--fault", "cut@whenever")
    assert.equal(2, status)
    assert.matches("say when, as cut@12s", said, 1, true)
    _, status, said = helper.cli("sim", "--start", "yesterday")
    assert.equal(2, status)
    assert.matches("--start 'yesterday': allowed is RFC 3339", said, 1, true)
  end)

  -- Run the command in the background; its standard error, line by line, and its process id.
  local function start(args)
    local dir = helper.tmp()
    os.execute("mkfifo " .. dir .. "/said")
    local command = ("echo $$ >%s/pid; exec %s sim --port 0 %s"):format(dir,
      (host:gsub("'", "")), args)
    os.execute(("WICK_BUILD='%s' sh -c '%s' >%s/out 2>%s/said &"):format(helper.build, command, dir,
      dir))
    local said = assert(io.open(dir .. "/said"))
    local port = said:read("*l"):match "listening on 127%.0%.0%.1:(%d+)"
    assert.matches("CRYPTOCOMPARE_WS_URL=ws://127.0.0.1:" .. port .. "/v2 ", said:read "*l", 1,
      true)
    local pid = helper.read(dir .. "/pid"):match "%d+"
    running[pid] = true
    return { port = port, said = said, pid = pid }
  end

  local function stop(sim)
    os.execute("kill -TERM " .. sim.pid)
    running[sim.pid] = nil
    local rest = sim.said:read "*a"
    sim.said:close()
    return rest
  end

  -- The truth's rows without symbol, complete and what comes behind.
  local function lines(text)
    local list = {}
    for market, rest in text:gmatch "\n([^,\n]+),[^,]+,1m,([^\n]+)" do
      list[#list + 1] = market .. "," .. rest:match("^" .. ("[^,]+,"):rep(8))
    end
    return list
  end

  it("as a server streams every trade, and its truth is what was heard", function()
    local truth = helper.tmp() .. "/truth.csv"
    local sim = start("--rate 0 --count 30000 --markets 2 --seed 9 --truth " .. truth)
    local source = assert(w:source("ws://127.0.0.1:" .. sim.port .. "/v2", { feed = feed }))
    local agg = assert(w:agg { replay = 1, partial = 1 })
    assert(w:link(source, agg))
    local deadline = w:now_ms() + 20000
    repeat
      for ev in w:events(20) do follow(source, ev) end
    until source:stat "trades" >= 30000 or w:now_ms() > deadline
    source:close()
    local tag, text = assert(agg:finish()), nil
    helper.wait(w, function(ev)
      if ev.tag == tag and ev.name == "candles" and ev.count > 0 then
        text = (text or "") .. w:format(ev.candles, { header = true })
      end
      return text
    end)
    local rest = stop(sim)
    assert.matches("all 30000 trades have happened, 30000 were delivered", rest, 1, true)
    local got, expected = lines(text), lines(helper.read(truth))
    assert.is_true(#expected >= 2)
    assert.same(expected, got)
  end)

  it("answers REST beside the streamer", function()
    local sim = start "--rate 10"
    local function get(path)
      return helper.wait_tag(w, assert(w:http("http://127.0.0.1:" .. sim.port .. path))).reply
    end
    local reply = get "/data/v2/histominute?fsym=BTC&tsym=USD&limit=3"
    assert.equal(200, reply.status)
    assert.matches('{"Response":"Success","Message":"",', reply.body, 1, true)
    assert.matches("x-cryptocompare-cache-hit: false", reply.headers:lower(), 1, true)
    assert.equal('{"Response":"Error","Message":"Path does not exist","Type":0,"Data":{}}',
      get("/x").body)
    stop(sim)
  end)
end)
