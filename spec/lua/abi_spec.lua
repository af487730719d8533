-- SPDX-License-Identifier: Apache-2.0
-- The face of the library, run unchanged on both VMs: every function of wick.h, errors, exact
-- values, loans, handles.
local helper = require "spec.lua.helper"
local wick, core = helper.wick, helper.wick.core

-- What has no wrapper of its own, and why.
local UNWRAPPED = {}

local function raises(text, fn, ...)
  local ok, why = pcall(fn, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(why):find(text, 1, true),
    ("'%s' is not in '%s'"):format(text, tostring(why)))
end

describe("the binding (" .. helper.vm .. ")", function()
  helper.tidy()

  it("reaches every function of wick.h", function()
    local missing, count = {}, 0
    for name in require "wick.cdef":gmatch "[%s%*]wick_([%w_]+)%(" do
      count = count + 1
      if not UNWRAPPED[name] and type(core[name]) ~= "function" then
        missing[#missing + 1] = name
      end
    end
    assert.is_true(count > 80)
    assert.same({}, missing)
  end)

  it("agrees with the library on ABI and sizes", function()
    assert.equal(wick.const.WICK_ABI, core.abi())
    assert.equal(64, core.sizeof "wick_tick")
    assert.equal(320, core.sizeof "wick_candle")
    assert.equal(0, core.sizeof "wick_nothing")
  end)

  it("refuses a library of another ABI, or with other structs", function()
    local script = [[
      package.path = %q .. "/lua/?.lua;" .. package.path
      local text = require("wick.cdef"):gsub(%q, %q)
      package.loaded["wick.cdef"] = text
      print(select(2, pcall(require, "wick")))]]
    local function load_with(from, to)
      local path = helper.write(helper.tmp() .. "/load.lua", script:format(helper.root, from, to))
      return (helper.sh(("WICK_BUILD='%s' %s %s 2>&1"):format(helper.build, helper.interpreter,
        path)))
    end
    assert.is_truthy(load_with("WICK_ABI = 1", "WICK_ABI = 99"):find("ABI 99, libwick has 1", 1,
      true))
    if jit then
      local said = load_with("uint32_t partition;", "uint64_t partition;")
      assert.is_truthy(said:find("differ in the size of wick_batch: ", 1, true), said)
    end
  end)

  it("reads the enums of the header, not a copy of them", function()
    assert.equal(1, wick.EV.TIMER)
    assert.equal(-2, wick.E.ARG)
    assert.equal(0x7fffffff, wick.NO_MARKET)
    assert.equal(16, wick.FMT.US)
  end)
end)

describe("errors (" .. helper.vm .. ")", function()
  helper.tidy()

  it("raise the caller's mistakes at the caller's line", function()
    local w = assert(wick.open())
    local line = debug.getinfo(1, "l").currentline + 1
    local _, why = pcall(function() w:timer(2 ^ 52) end)
    assert.is_truthy(tostring(why):find("abi_spec.lua:" .. line .. ": timer: ", 1, true), why)
    w:close()
  end)

  it("name the function, the argument, and what was expected", function()
    local w = assert(wick.open())
    raises("market: argument 2: text expected, got number", core.market, w.core, 5)
    raises("timer: argument 2: a whole number from 0 to 4294967295 expected, got string",
      core.timer, w.core, "x", 1)
    raises("timer: argument 3: a whole number from 0 to 9007199254740992 expected, got another",
      core.timer, w.core, 1, 0.5)
    raises("market: argument 1: context expected, got table", core.market, {}, "x")
    raises("market: argument 1: context expected, got no value", core.market)
    raises("market: argument 2: text expected, got no value", core.market, w.core, nil)
    raises("fault: argument 2: text without zero bytes expected", core.fault, w.core, "a\0b", 1)
    raises("bucket: argument 2: an exact integer as text expected, got string", core.bucket, 1,
      "12 ")
    raises("bucket: argument 2: more than 64 bits", core.bucket, 1, "9223372036854775808")
    raises("candles_text: argument 2: candles expected, got string", core.candles_text, w.core, "x",
      0, 0)
    raises("signal 9: only SIGHUP, SIGINT and SIGTERM", core.signal, w.core, 9, 1)
    w:close()
  end)

  it("take a whole number whatever its kind", function()
    local w = assert(wick.open())
    assert.is_true(core.timer(w.core, 2 ^ 3, 2 ^ 10))
    w:close()
  end)

  it("are nil, text and code where the world says no", function()
    local value, text, code = wick.interval "7 bananas"
    assert.is_nil(value)
    assert.equal("not an interval: '7 bananas'", text)
    assert.equal(wick.E.DATA, code)
  end)

  it("tell settings that do not exist, and values that they do not take", function()
    raises("bus.urk", wick.open, { ["bus.urk"] = "memory:" })
    local conf = wick.conf()
    local ok, why = conf:try("bus.pack", "many")
    assert.is_nil(ok)
    assert.is_truthy(why:find("bus.pack", 1, true))
    assert.is_true(conf:try("bus.pack", "10"))
    assert.equal("10", conf:get "bus.pack")
    assert.is_nil(conf:get "no.such")
    conf:close()
  end)
end)

describe("exact values (" .. helper.vm .. ")", function()
  helper.tidy()

  it("pass as text, whole", function()
    local mantissa, exp = wick.dec "-9223372036854775807"
    assert.same({ "-9223372036854775807", 0 }, { mantissa, exp })
    assert.equal("-9223372036854775807", wick.dec_text("-1", "9223372036854775809", 0))
    assert.equal("0.00141342", wick.dec_text(0, "141342", -8))
    assert.equal("9223372036854775807", wick.id_key "99999999999999999999")
    assert.equal("12345", wick.id_key "12345")
    assert.equal("1570752011620000001", wick.time(wick.time_text "1570752011620000001"))
  end)

  it("know intervals", function()
    local minute, day = wick.interval "1m", wick.interval "1d"
    assert.equal("1m", wick.interval_text(minute))
    assert.is_true(wick.interval_divides(minute, day))
    assert.is_false(wick.interval_divides(day, minute))
    assert.equal("1570752000000000000", wick.bucket(day, "1570752011620000000"))
    assert.equal("1570838400000000000", wick.bucket_end(day, "1570752000000000000"))
    assert.equal("-86400000000000", wick.bucket(day, "-1"))
  end)

  it("refuse what is no number, time or interval", function()
    for _, text in ipairs { "", "x", "1e", "--1", "1\0" } do assert.is_nil((wick.dec(text))) end
    for _, text in ipairs { "", "yesterday", "2020-13-01" } do assert.is_nil((wick.time(text))) end
  end)
end)

describe("contexts (" .. helper.vm .. ")", function()
  helper.tidy()

  it("keep names apart", function()
    local a, b = assert(wick.open()), assert(wick.open())
    assert.equal(0, a:market "Kraken:BTC-EUR")
    assert.equal(0, b:market "Coinbase:BTC-USD")
    assert.equal("Kraken:BTC-EUR", a:name(0))
    assert.equal("Coinbase:BTC-USD", b:name(0))
    assert.is_nil(a:name(1))
    assert.is_nil(a:symbol(0))
    assert.is_true(a:set_symbol(0, "XXBTZEUR"))
    assert.equal("XXBTZEUR", a:symbol(0))
    a:close()
    b:close()
  end)

  it("lend events until the next poll", function()
    local w = assert(wick.open())
    local tag = w:timer(0)
    local ev = helper.wait_tag(w, tag)
    assert.equal("timer", ev.name)
    assert.equal(wick.EV.TIMER, ev.kind)
    assert.equal(0, ev.status)
    assert.is_nil(ev.text)
    assert.is_nil(ev.candles)
    assert.is_nil(ev.no_such_field)
    w:poll(0)
    raises("lent until the next poll", function() return ev.name end)
    w:close()
    raises("lent until the next poll", function() return ev.name end)
  end)

  it("hand out views that know their length", function()
    local w = assert(wick.open())
    for tag = 1, 3 do w:timer(0, tag) end
    local events = w:poll(1000)
    while #events < 3 do events = w:poll(1000) end
    local tags = {}
    for i, ev in events:each() do tags[i] = ev.tag end
    assert.equal(3, #tags)
    assert.is_nil(events[0])
    assert.is_nil(events[4])
    raises("copy: a event points to what was lent", function() return events:copy() end)
    w:close()
  end)

  it("count the time in text and in ms", function()
    local w = assert(wick.open())
    assert.equal("string", type(w:now_ns()))
    assert.is_true(math.abs(w:now_ms() / 1000 - os.time()) < 5)
    assert.is_true(w:fd() >= 0)
    w:timer(60000)
    w:poll(0)
    assert.is_true(w:timeout() > 1000)
    w:close()
  end)

  it("turn a signal that was asked for into an event", function()
    local w = assert(wick.open())
    local tag = w:signal "HUP"
    os.execute "kill -HUP $PPID"
    assert.equal(1, helper.wait_tag(w, tag).count)
    w:close()
  end)

  it("hand their log out as events to whoever asks for it", function()
    local w = assert(wick.open())
    wick.core.log(w.core, 1, "nobody asked")
    assert.is_true(w:log_events(1))
    wick.core.log(w.core, 1, "told")
    wick.core.log(w.core, 2, "too quiet")
    local lines = {}
    for ev in w:events(0) do lines[#lines + 1] = ev.name .. ev.status .. ev.text end
    assert.same({ "log1told" }, lines)
    assert.has_error(function() w:log_events(4) end)
    w:close()
  end)

  it("are closed once, and say so afterwards", function()
    local w = assert(wick.open())
    assert.is_true(w:close())
    assert.is_true(w:close())
    raises("poll: argument 1: this context is closed", w.poll, w, 0)
  end)

  it("open and close a thousand times without growth", function()
    local function resident()
      local text = helper.read "/proc/self/statm"
      return tonumber(text:match "^%d+ (%d+)") * 4
    end
    local function round(n)
      for _ = 1, n do
        local w = assert(wick.open { ["bus.url"] = "memory:" })
        w:timer(60000)
        w:market "Kraken:BTC-EUR"
        w:close()
      end
      collectgarbage()
      collectgarbage()
    end
    round(200)
    local before = resident()
    round(1000)
    -- the sanitizer keeps what is freed
    local bound = helper.build:find "san$" and 65536 or 2048
    assert.is_true(resident() - before < bound, ("%d KiB more"):format(resident() - before))
  end)

  it("outlive what was opened on them, closed in whatever order", function()
    local feeds = require "wick.feed"
    local plan = assert(feeds.compile(assert(feeds.load(helper.root
      .. "/scripts/feeds/kraken.lua"))))
    for first = 1, 4 do
      local w = assert(wick.open { ["bus.url"] = "memory:" })
      local feed = assert(w:feed(plan))
      local decoder = assert(w:decoder(feed))
      local bus = assert(w:bus())
      local order = { function() core.close(w.core) end, function() feed:close() end,
        function() decoder:close() end, function() bus:close() end }
      for i = 0, 3 do order[(first + i - 1) % 4 + 1]() end
      raises("closed", decoder.decode, decoder, "{}")
    end
  end)

  it("are collected in any order with what was opened on them", function()
    for _ = 1, 20 do
      local w = assert(wick.open { ["bus.url"] = "memory:" })
      local bus, agg = assert(w:bus()), assert(w:agg { intervals = "1m" })
      w:link(bus, agg)
    end
    assert.equal("", helper.open_handles())
  end)
end)
