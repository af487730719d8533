-- SPDX-License-Identifier: Apache-2.0
-- The run loop in this process: the simulator through log, fold and store to HTTP; mistakes, ends.
local helper = require "spec.lua.helper"
local config = require "wick.config"
local feed = require "wick.feed"
local run = require "wick.run"
local sources = require "wick.sources"
local task = require "wick.task"
local wick = helper.wick

-- A run with settings of its own, port 0, and what it logged.
local function start(dir, sets)
  local all = { "http.port=0", "markets=Coinbase:BTC-USD,Kraken:BTC-EUR", "reconnect.min=10ms" }
  for _, s in ipairs(sets or {}) do all[#all + 1] = s end
  local c = assert(config.load { rows = wick.options(), sets = all, data_dir = dir,
    getenv = function() end, read = function() end })
  local log = { level = 2, lines = {}, line = function(self, level, text)
    self.lines[#self.lines + 1] = tostring(level) .. " " .. text
  end, clear = function() end, show = function() end }
  local r, why, mistake = run.open { c = c, plan = assert(sources.plan(c, feed.load)), log = log }
  if not r then return nil, why, mistake end
  r:start()
  return r
end

local function spin(r, done)
  local deadline = r.w:now_ms() + 20000
  while not done() do
    assert(r.w:now_ms() < deadline, "too late")
    r:step(50)
  end
end

-- GET over the run's own context: status, body, headers.
local function get(r, path, headers)
  local got
  spin(r, function() return r.port end)
  task.spawn(r.w, function()
    local ev = assert(task.await(r.w:http(("http://127.0.0.1:%d%s"):format(r.port, path), headers)))
    got = { ev.reply.status, ev.reply.body, ev.reply.headers:lower() }
  end)
  spin(r, function() return got end)
  return got[1], got[2], got[3]
end

local function stop(r)
  assert.is_true(r:drain())
  r:close()
end

-- Trades in all candles that it serves.
local function total(r)
  local n = 0
  for _, market in ipairs { "Coinbase:BTC-USD", "Kraken:BTC-EUR" } do
    local _, body = get(r, "/v1/ohlcv?interval=1m&partial=true&limit=10000&symbol=" .. market)
    for one in body:gmatch '"trades":(%d+)' do n = n + tonumber(one) end
  end
  return n
end

local world = "sources=sim:?rate=0&count=60000&seed=7&start=1760000000000000000"
local sim = world .. "&markets=5"

describe("a run", function()
  local dir, r
  setup(function()
    dir = helper.tmp()
    r = assert(start(dir, { sim }))
    repeat until total(r) == 60000
  end)
  teardown(function() if r then r:close() end end)

  it("serves what it folded", function()
    local status, body, headers = get(r, "/ohlcv?symbol=BTCUSD&startDate=2025-10-09&partial=true")
    assert.equal(200, status)
    assert.matches('^{"market":"Coinbase:BTC%-USD","symbol":"Coinbase~BTC~USD",', body)
    assert.matches('"watermark":%d+', body)
    assert.matches("content%-type: application/json", headers)
    local _, again = get(r, "/ohlcv?symbol=BTCUSD&startDate=2025-10-09&partial=true")
    assert.equal(body, again)
  end)
  it("serves CSV as RFC 4180 says, the same candles as the command", function()
    local path = "/ohlcv?symbol=BTCUSD&startDate=2025-10-09"
    local status, csv, headers = get(r, path, "accept: text/csv\n")
    assert.equal(200, status)
    assert.matches("content%-type: text/csv", headers)
    local printed = helper.cli("candles", "--set", "data.dir=" .. dir, "--market", "BTC-USD")
    assert.equal(printed .. "\n", (csv:gsub("\r\n", "\n")))
    local _, rows = get(r, path .. "&format=ndjson")
    assert.equal((select(2, csv:gsub("\n", ""))) - 1, (select(2, rows:gsub("\n", ""))))
  end)
  it("walks all pages by their cursors", function()
    local seen, query = {}, "symbol=BTCUSD&interval=1m&start=2025-10-09&limit=1&partial=true"
    repeat
      local _, body = get(r, "/v1/ohlcv?" .. query)
      for t in body:gmatch '"time":(%d+)' do seen[#seen + 1] = t end
      local cursor = body:match '"next":"([^"]+)"'
      query = cursor and "limit=1&cursor=" .. cursor
    until not query
    local _, whole = get(r, "/v1/ohlcv?symbol=BTCUSD&interval=1m&start=2025-10-09&partial=true")
    local all = {}
    for t in whole:gmatch '"time":(%d+)' do all[#all + 1] = t end
    assert.is_true(#all > 1)
    assert.same(all, seen)
  end)
  it("answers mistakes with problems that resolve here", function()
    for path, want in pairs { ["/nothing"] = 404, ["/ohlcv?symbol=NOPE"] = 404, ["/ohlcv"] = 400,
      ["/ohlcv?symbol=BTCUSD&x=1"] = 400, ["/health?x=1"] = 400, ["/problems/nothing"] = 404 } do
      local status, body, headers = get(r, path)
      assert.equal(want, status, path)
      assert.matches("application/problem%+json", headers)
      local page = body:match '"type":"http://127%.0%.0%.1:%d+(/problems/[^"]+)"'
      assert.equal(200, (get(r, page)))
    end
    assert.equal(406, (get(r, "/ohlcv?symbol=BTCUSD", "accept: text/html\n")))
  end)
  it("tells its health and its metrics", function()
    local status, body = get(r, "/health")
    assert.equal(200, status)
    assert.matches('"status":"pass"', body)
    assert.equal(200, (get(r, "/health/live")))
    assert.equal(200, (get(r, "/health/ready")))
    local _, text = get(r, "/metrics")
    assert.matches('\nwick_trades_total{source="sim"} 60000\n', text)
    assert.matches("\nwick_folded_trades_total 60000\n", text)
    for line in text:gmatch "[^\n]+" do
      assert.is_truthy(line:match "^# %u+ [%w_]+ ." or line:match "^[%w_]+%S* %-?[%d.e+]+$", line)
    end
  end)
  it("drains, and has everything after a restart", function()
    local before
    repeat                                  -- the simulator's time goes on until all are closed
      local path = "/ohlcv?symbol=BTCUSD&startDate=2025-10-09&partial=true&format=csv"
      before = select(2, get(r, path))
    until not before:find ",false,%a+,trades"
    stop(r)
    r = assert(start(dir, { "sources=kraken@" .. helper.write(dir .. "/empty.csv", "a,b\n1,2\n") }))
    local _, after = get(r, "/ohlcv?symbol=BTCUSD&startDate=2025-10-09&partial=true&format=csv")
    assert.equal(before, after)
    stop(r)
    r = nil
  end)
end)

describe("a simulator in this process", function()
  -- Faults that once were: a start made it begin anew, and every trade counted twice.
  it("goes on where the log ends, with a start of its own too", function()
    local dir = helper.tmp()
    local r = assert(start(dir, { world }))
    spin(r, function() return r.bus:stat "ticks" > 5000 end)
    stop(r)
    for _ = 1, 2 do
      r = assert(start(dir, { world }))
      repeat until total(r) == 60000
      for _ = 1, 20 do r:step(10) end
      assert.equal(60000, total(r))
      stop(r)
    end
  end)
  -- Without its place in the log a store read it all again, into the candles that it had.
  it("counts nothing twice when the schema went down and up", function()
    local dir = helper.tmp()
    for _, downs in ipairs { 0, 1, 5 } do
      for _ = 1, downs do assert.equal(0, select(2, helper.cli("migrate", "down", "--set",
        "data.dir=" .. dir))) end
      local r = assert(start(dir, { world }))
      repeat until total(r) == 60000
      for _ = 1, 10 do r:step(10) end
      assert.equal(60000, total(r))
      stop(r)
    end
  end)
  it("has the markets that are asked of it, not its own five", function()
    local r = assert(start(helper.tmp(), { "sources=sim:?rate=0&count=5000&seed=7",
      "markets=Nobody:X-Y,Coinbase:BTC-USD" }))
    spin(r, function() return r.bus:stat "ticks" >= 5000 end)
    assert.matches('"pass"', (select(2, get(r, "/health"))))
    stop(r)
  end)
  it("that has none of the markets says that nothing more comes", function()
    local r = assert(start(helper.tmp(), { "sources=sim:?markets=Kraken:BTC-EUR",
      "markets=Coinbase:BTC-USD" }))
    spin(r, function() return r.feeders[1].state == "stopped" end)
    assert.matches("error sim: stopped %(error%): nothing more comes from it",
      table.concat(r.log.lines, "\n"))
    assert.matches('"status":"warn"', (select(2, get(r, "/health"))))
    stop(r)
  end)
end)

describe("two signals", function()
  local function signals(r, ms)
    local now = 1000
    r.w = setmetatable({ now_ms = function() return now end }, { __index = r.w })
    run.events.signal(r, { tag = r.signals.TERM })
    now = now + ms
    run.events.signal(r, { tag = r.signals.TERM })
    return r.abort
  end
  it("at once are one, as timeout(1) sends it to a process and its group", function()
    for ms, aborts in pairs { [0] = false, [100] = false, [2000] = true } do
      local r = assert(start(helper.tmp(), { world }))
      local w = r.w
      assert.equal(aborts, signals(r, ms) or false)
      r.w = w
      r:close()
    end
  end)
end)

describe("a run that cannot be", function()
  it("says which stage it was", function()
    local r, why = start(helper.tmp(), { "store.url=postgres://nowhere/x", sim })
    assert.is_nil(r)
    assert.matches("^store: ", why)
    local mistake
    r, why, mistake = start(helper.tmp(), { "cache.url=redis://me:hush@here/1", sim })
    assert.is_nil(r)
    assert.is_true(mistake)
    assert.is_nil(why:find("hush", 1, true))
    r, why = start(helper.tmp(), { "sources=kraken@/nowhere.csv" })
    assert.is_nil(r)
    assert.matches("nowhere", why)
  end)
end)
