-- SPDX-License-Identifier: Apache-2.0
-- The command line as people and programs use it: options, help, exit statuses, standard output.
local helper = require "spec.lua.helper"
local nearest = require "wick.nearest"
local spread = unpack or table.unpack
local options = require "wick.cli.options"

local spec = {
  name = "replay", summary = "trades in, candles out", text = "More.", example = "wick replay x",
  options = {
    { "feed", value = "F.lua", required = true, help = "a table" },
    { "interval", value = "LIST", kind = "list" },
    { "format", value = "csv|json", choices = { "csv", "json" }, default = "csv" },
    { "port", value = "N", kind = "int", min = 0, max = 65535 },
    { "wait", value = "D", kind = "duration" },
    { "partial", help = "a flag" },
    { "set", value = "K=V", many = true },
  },
  args = { value = "FILE", min = 1, max = 2 },
}

local function parse(...) return options.parse(spec, { ... }) end
local function refused(...) return (select(2, parse(...))) end

describe("options", function()
  it("become values and operands", function()
    local v = assert(parse("--feed", "f", "--interval=1m, 5m", "a", "--partial", "--set", "a=1",
      "--set=b=2", "--wait", "2m", "--", "--b"))
    assert.equal("f", v.feed)
    assert.same({ "1m", "5m" }, v.interval)
    assert.is_true(v.partial)
    assert.same({ "a=1", "b=2" }, v.set)
    assert.equal(120000, v.wait)
    assert.equal("csv", v.format)
    assert.same({ "a", "--b" }, { v[1], v[2] })
  end)
  it("that are wrong are refused with what is allowed and the nearest name", function()
    assert.matches("no option '%-%-fed'; did you mean '%-%-feed'", refused("--fed", "x"))
    assert.matches("allowed is csv, json; did you mean 'csv'", refused("--format", "cvs"))
    assert.matches("%-%-port 'x': allowed is a whole number from 0 to", refused("--port", "x"))
    assert.matches("from 0 to 65535", refused("--port", "65536"))
    assert.matches("needs a value", refused("--feed"))
    assert.matches("given twice", refused("--feed", "a", "--feed", "b"))
    assert.matches("takes no value", refused("--partial=1"))
    assert.matches("%-%-feed F.lua is missing", refused("a"))
    assert.matches("FILE is missing", refused("--feed", "f"))
    assert.matches("'c' is too much", refused("--feed", "f", "a", "b", "c"))
    assert.matches("no option '%-x'", refused("-x"))
  end)
  it("explain themselves", function()
    assert.same({ help = true }, parse("--nothing") or parse "--help")
    local help = options.help(spec)
    assert.matches("^usage: wick replay %-%-feed F.lua", help)
    assert.matches("%-%-format csv|json +%(default csv%)", help)
    assert.matches("example:\n  wick replay x\n$", help)
    for line in help:gmatch "[^\n]+" do assert.is_true(#line <= 100) end
  end)
end)

describe("nearest names", function()
  it("are near", function()
    local names = { "replay", "run", "candles", "config" }
    assert.equal("replay", nearest.list("repaly", names)[1])
    assert.equal("candles", nearest.list("candels", names)[1])
    assert.same({}, nearest.list("zzzzzz", names))
    assert.equal(1, nearest.distance("ab", "ba"))
    assert.equal(0, nearest.distance("AB", "ab"))
    assert.equal(3, nearest.distance("", "abc"))
  end)
end)

describe("wick", function()
  local commands = { "run", "sim", "replay", "candles", "feed", "config", "migrate", "doctor",
    "completion", "version", "help" }
  it("helps on every command, with an example, on standard output", function()
    for _, name in ipairs(commands) do
      local out, status, said = helper.cli(name, "--help")
      assert.equal(0, status, name)
      assert.matches("^usage: wick " .. name, out)
      assert.matches("example:\n  .*wick ", out)
      assert.equal("", said)
    end
    local out, status = helper.cli("help")
    assert.equal(0, status)
    for _, name in ipairs(commands) do assert.matches("\n  " .. name .. " ", out) end
    assert.matches("usage: wick feed check", (helper.cli("feed", "check", "--help")))
  end)
  it("refuses what it does not know with status 2, on standard error", function()
    for _, case in ipairs {
      { { "repaly" }, "did you mean 'replay'" },
      { { "replay", "--fed", "x" }, "did you mean '%-%-feed'" },
      { { "config", "--set", "htp.port=1" }, "did you mean 'http.port'" },
      { { "config", "--set", "http.port=x" }, "allowed is a whole number from 0 to 65535" },
      { { "config", "--config", "/nowhere.lua" }, "/nowhere.lua" },
      { { "replay", "--feed", "binance", "--interval", "90x", "f" }, "%-%-interval '90x'" },
      { { "run", "--role", "consumr" }, "did you mean 'consumer'" },
      { { "run", "--role", "consumer" }, "engines" },
      { { "run", "--set", "http.bind=0.0.0.0" }, "without jwt.secret" },
      { { "run", "--set", "markets=BTCUSD" }, "VENUE:BASE%-QUOTE" },
      { { "run", "--set", "intervals=1m,90x" }, "%-%-set intervals: .*'90x' is none" },
      { { "run", "--set", "intervals=" }, "at least one" },
      { { "run", "--set", "sources=binnce" }, "%-%-set sources: .*did you mean 'binance'" },
      { { "feed", "check", "binance" }, ": RECORDING is missing" },
      { { "feed", "chekc" }, "did you mean 'check'" }, { { "completion", "fish" }, "bash, zsh" },
    } do
      local out, status, said = helper.cli(spread(case[1]))
      assert.equal(2, status, table.concat(case[1], " "))
      assert.equal("", out)
      assert.matches(case[2], said)
    end
  end)
  it("names the setting that a source was mistaken in", function()
    local _, status, said = helper.cli("run", "--set", "data.dir=" .. helper.tmp(), "--set",
      "http.port=0", "--set", "sources=sim:?rat=1")
    assert.equal(2, status)
    assert.matches("%-%-set sources: sources: 'sim:%?rat=1': sim: no option 'rat'", said)
    _, status, said = helper.cli("run", "--set", "data.dir=" .. helper.tmp(), "--set",
      "bus.url=kafka://me:hush@h:1")
    assert.equal(2, status)
    assert.matches("%-%-set bus.url: bus.url: no driver for 'kafka:'; there are sqlite:", said)
  end)
  it("says at the begin that a truth cannot be written at the end", function()
    local _, status, said = helper.cli("sim", "--port", "0", "--truth", helper.tmp() .. "/no/t.csv")
    assert.equal(1, status)
    assert.matches("%-%-truth .*No such file", said)
  end)
  it("says why replay prints a header alone", function()
    local one = helper.write(helper.tmp() .. "/one.csv",
      "symbol,time,price,qty,id,isBuyerMaker\nETHUSDT,1700000000000,1.50,1,1,true\n")
    local args = { "replay", "--feed", "binance", "--interval", "1m", one }
    local out, status, said = helper.cli(spread(args))
    assert.equal(0, status)
    assert.matches("^market,[^\n]*\n?$", out)
    assert.matches("no bucket is over at the input's end; %-%-partial shows", said)
    args[#args + 1] = "--partial"
    said = select(3, helper.cli(spread(args)))
    assert.equal("", said)
  end)
  it("names file and line of a trade that does not fit into a candle", function()
    local head, row = "symbol,time,price,qty,id,isBuyerMaker\n", "ETHUSDT,%d,%s,%s,%d,true\n"
    local one = helper.write(helper.tmp() .. "/one.csv",
      head .. row:format(1700000000000, "1.50", "1", 1))
    local many = helper.write(helper.tmp() .. "/many.csv", head
      .. row:format(1700000000030, "1.5", "1", 2)
      .. row:format(1700000000020, "0.000000000000000001", "0.000000000000000001", 4)
      .. row:format(1700000000010, "9000000000000000000", "9000000000000000000.0", 3))
    local args = { "replay", "--feed", "binance", "--interval", "1m", "--partial", many }
    local _, status, said = helper.cli(spread(args))
    assert.equal(0, status)
    assert.matches("1 refused %(overflow%), the first in line 4: Binance:ETH%-USDT", said)
    args[#args + 1] = one
    _, _, said = helper.cli(spread(args))
    assert.matches("the first in line 4 of .*/many.csv: Binance:ETH%-USDT", said)
  end)
  it("takes the next number behind a cut for the proof that nothing was missed", function()
    -- Two connections of a minute and a half, a minute apart; ids from 10 on, one is left out.
    local function complete(leave_out)
      local out, id = {}, 10
      local function add(conn, ms, rest)
        out[#out + 1] = ('{"t":"%s","conn":"%s","ts":%d,%s}'):format(rest and "recv" or "connect",
          conn, math.floor(ms / 1000), rest or '"addr":"wss://x"')
      end
      for from = 0, 150000, 150000 do
        local start = 1700000040000 + from
        add("c" .. from, start)
        add("c" .. from, start, [["data":"{\"id\":1,\"result\":null}"]])
        for at = 0, 90000, 10000 do
          if id ~= leave_out then
            add("c" .. from, start + at, ([["data":"{\"e\":\"trade\",\"s\":\"ETHUSDT\",\"t\":%d,]]
              .. [[\"p\":\"1\",\"q\":\"1\",\"T\":%d,\"m\":true}"]]):format(id, start + at))
          end
          id = id + 1
        end
      end
      local file = helper.write(helper.tmp() .. "/cut.jsonl", table.concat(out, "\n") .. "\n")
      local rows = helper.cli("replay", "--feed", "binance", "--interval", "1m", file)
      local said = {}
      for whole in rows:gmatch ",%a+,(%a+),trades,0" do said[#said + 1] = whole end
      return table.concat(said, " ")
    end
    assert.equal("true true true true", complete())
    assert.equal("true false false true", complete(20))     -- the first one behind the cut
    assert.equal("true true false false", complete(23))     -- of 170 to 190 s
  end)
  it("says what a file is not that no table reads", function()
    local file = helper.write(helper.tmp() .. "/notes.txt", "dear diary, today\nI bought, I sold\n")
    local _, status, said = helper.cli("replay", "--feed", "okx", "--interval", "1m", file)
    assert.equal(1, status)
    assert.matches("it is no recording, and a CSV of okx has the columns instId,ts,px,sz", said)
    _, status, said = helper.cli("feed", "check", "okx", file)
    assert.equal(1, status)
    assert.matches("nothing could be read: it is no recording, and a CSV of okx has", said)
  end)
  it("refuses a range that ends before it begins", function()
    local _, status, said = helper.cli("candles", "--start", "2026-01-02", "--end", "2026-01-01")
    assert.equal(2, status)
    assert.matches("%-%-start '2026%-01%-02' is behind %-%-end", said)
  end)
  it("says why data.dir cannot be", function()
    local file = helper.write(helper.tmp() .. "/file", "")
    local _, status, said = helper.cli("run", "--set", "data.dir=" .. file)
    assert.equal(1, status)
    assert.matches("%-%-set data.dir: data.dir '" .. file:gsub("%p", "%%%0") .. "'", said)
  end)
  -- Opening the store once applied what a status should only have listed.
  it("takes the schema down one by one, and tells how it is", function()
    local dir = "data.dir=" .. helper.tmp()
    local function applied(what)
      local out, status = helper.cli("migrate", what, "--set", dir)
      assert.equal(0, status)
      return select(2, out:gsub(" applied", "")), select(2, out:gsub("\n", "")) + 1
    end
    assert.equal(0, (applied "status"))
    local n, all = applied "up"
    assert.equal(all, n)
    for i = n - 1, 0, -1 do
      assert.equal(i, (applied "down"))
      assert.equal(i, (applied "status"))
    end
    local _, status, said = helper.cli("migrate", "down", "--set", dir)
    assert.equal(0, status)
    assert.matches("nothing to take back", said)
    assert.equal(all, (applied "up"))
  end)
  it("says of later parts that they are not there yet", function()
    for _, name in ipairs { "verify", "rebuild", "backfill", "chart" } do
      local out, status, said = helper.cli(name)
      assert.equal(1, status)
      assert.equal("", out)
      assert.matches("not yet", said)
      assert.matches("comes with a later part", (select(3, helper.cli("help", name))))
    end
  end)
  it("tells its version and its settings", function()
    assert.matches("^wick %d", (helper.cli "version"))
    local out = helper.cli("config", "--json", "--set", "jwt.secret=hush", "--set", "http.port=81")
    assert.matches('"jwt.secret":{"value":"%*%*%*","origin":"%-%-set jwt.secret"', out)
    assert.matches('"http.port":{"value":"81"', out)
    assert.is_nil(out:find("hush", 1, true))
    out = helper.cli "config"
    assert.matches("\nbus.linger +5ms", out)
  end)
  it("completes in both shells", function()
    local bash = helper.cli("completion", "bash")
    local path = helper.write(helper.tmp() .. "/wick.bash", bash)
    local words = helper.sh(([[bash -c '. %s
      t() { COMP_WORDS=(wick "$@"); COMP_CWORD=$#; _wick; echo "${COMPREPLY[@]}"; }
      t re; t replay --fo; t replay --format ""; t config --set http.p; t feed check --tr']])
      :format(path))
    assert.equal("replay\n--format\ncsv ndjson json\nhttp.port=\n--trades", words)
    assert.matches("^#compdef wick", (helper.cli("completion", "zsh")))
  end)
  it("ends quietly when nobody reads on", function()
    local dir = helper.tmp()
    local host = jit and helper.interpreter .. " " .. helper.root .. "/lua/wick/cli.lua"
      or helper.build .. "/wickd"
    local out = helper.sh(("export WICK_BUILD=%s; for i in 1 2 3; do %s completion bash; done "
      .. "2>%s/err | true; cat %s/err"):format(helper.build, host, dir, dir))
    assert.equal("", out)
  end)
end)
