-- SPDX-License-Identifier: Apache-2.0
-- Settings: who wins, where each came from, what a mistake says. No library needed.
local config = require "wick.config"
local dotenv = require "wick.config.dotenv"
local kinds = require "wick.config.kinds"

local rows = {
  { key = "data.dir", kind = "text", env = "WICK_DATA", default = "", help = "" },
  { key = "sources", kind = "list", env = "WICK_SOURCES", default = "cryptocompare", help = "" },
  { key = "markets", kind = "list", env = "WICK_MARKETS", default = "Coinbase:BTC-USD", help = "" },
  { key = "cryptocompare.key", kind = "secret", env = "CRYPTOCOMPARE_API_KEY", default = "" },
  { key = "bus.url", kind = "url", env = "BUS_URL", default = "sqlite:log.db", help = "" },
  { key = "bus.pack", kind = "int:1:65536", env = "WICK_BUS_PACK", default = "1000", help = "" },
  { key = "bus.linger", kind = "duration", env = "WICK_BUS_LINGER", default = "5ms", help = "" },
  { key = "store.url", kind = "url", env = "STORE_URL", default = "sqlite:wick.db", help = "" },
  { key = "cache.url", kind = "url", env = "CACHE_URL", default = "memory:", help = "" },
  { key = "http.port", kind = "int:0:65535", env = "PORT", default = "3000", help = "" },
  { key = "jwt.secret", kind = "secret", env = "JWT_SECRET", default = "", help = "" },
  { key = "log.level", kind = "choice:error,warn,info,debug", env = "WICK_LOG", default = "info" },
}

-- Load with an environment, files by path and --set texts.
local function load(o)
  local files, env = o.files or {}, o.env or {}
  return config.load {
    rows = rows, sets = o.sets, file = o.file, data_dir = "/var/wick",
    getenv = function(name) return env[name] end,
    read = function(path)
      if files[path] then return files[path] end
      return nil, path .. ": No such file or directory"
    end,
  }
end

local function refused(o)
  local c, why = load(o)
  assert.is_nil(c)
  return why
end

describe("precedence", function()
  local layers = {
    files = { [".env"] = "PORT=2\n", ["wick.conf.lua"] = "http = { port = 1 }" },
    env = { PORT = "3" }, sets = { "http.port=4" },
  }
  it("goes from the command line down to the default", function()
    local c = assert(load(layers))
    assert.equal("4", c:get "http.port")
    assert.equal("--set http.port", c:origin "http.port")
    c = assert(load { files = layers.files, env = layers.env })
    assert.equal("PORT (environment)", c:origin "http.port")
    assert.equal("3", c:get "http.port")
    c = assert(load { files = layers.files })
    assert.equal(".env:1 (PORT)", c:origin "http.port")
    c = assert(load { files = { ["wick.conf.lua"] = layers.files["wick.conf.lua"] } })
    assert.equal("wick.conf.lua:1", c:origin "http.port")
    assert.equal("1", c:get "http.port")
    c = assert(load {})
    assert.equal("3000", c:get "http.port")
    assert.equal("default", c:origin "http.port")
    assert.equal("/var/wick", c:get "data.dir")
  end)
  it("lets the last --set of a key win and empty variables say nothing", function()
    local c = assert(load { sets = { "http.port=4", "http.port=5" }, env = { WICK_LOG = "" } })
    assert.equal("5", c:get "http.port")
    assert.equal("info", c:get "log.level")
  end)
  it("refuses a bad value even where a stronger layer hides it", function()
    local why = refused { sets = { "http.port=4" }, env = { PORT = "x" } }
    assert.equal("PORT (environment): http.port 'x': allowed is a whole number from 0 to 65535",
      why)
  end)
end)

describe("mistakes", function()
  it("name the setting, its origin, what is allowed and the nearest name", function()
    assert.equal("--set htp.port: no setting 'htp.port'; did you mean 'http.port'?",
      refused { sets = { "htp.port=1" } })
    assert.equal("--set 'x': allowed is key=value", refused { sets = { "x" } })
    assert.equal("WICK_LOG (environment): log.level 'inf': allowed is one of error, warn, info, "
      .. "debug; did you mean 'info'?", refused { env = { WICK_LOG = "inf" } })
    assert.matches("^wick.conf.lua:3: no setting 'http.prt'; did you mean 'http.port'",
      refused { files = { ["wick.conf.lua"] = "\nhttp = {\n  prt = 1 }" } })
    assert.matches("^%.env:2: no variable 'WICK_BUS_PAK'; did you mean 'WICK_BUS_PACK'",
      refused { files = { [".env"] = "OTHER=1\nWICK_BUS_PAK=3\n" } })
    assert.matches("bus.linger '5': allowed is a duration", refused { sets = { "bus.linger=5" } })
    assert.matches("bus.url 'localhost:9092': allowed is an address",
      refused { sets = { "bus.url=localhost:9092" } })
  end)
  it("never show a secret", function()
    local c = assert(load { sets = { "jwt.secret=hush", "store.url=postgres://u:p@h/db",
      "cache.url=redis://:pw@h:1" } })
    assert.equal("***", c:shown "jwt.secret")
    assert.equal("postgres://u:***@h/db", c:shown "store.url")
    assert.equal("redis://:***@h:1", c:shown "cache.url")
    assert.equal("wss://h/v2?api_key=***&x=1", kinds.mask_url "wss://h/v2?api_key=abc&x=1")
    local why = refused { sets = { "jwt.secret=a\nb" } }
    assert.is_nil(why:find("a\nb", 1, true))
  end)
end)

describe("the Lua file", function()
  local function from(text)
    return load { files = { ["wick.conf.lua"] = text } }
  end
  it("returns a table or assigns keys, nested or dotted", function()
    for _, text in ipairs {
      "return { ['bus.pack'] = 7, log = { level = 'warn' } }",
      "bus = { pack = 7 } log = { level = 'warn' }",
      "bus = { pack = '7' } return { ['log.level'] = 'warn' }",
    } do
      local c = assert(from(text))
      assert.equal("7", c:get "bus.pack")
      assert.equal("warn", c:get "log.level")
    end
  end)
  it("takes lists as lists and markets as a map", function()
    local c = assert(from("sources = { 'kraken', 'okx' }\n"
      .. "markets = { 'OKX:A-B', ['Kraken:BTC-EUR'] = 'kraken' }"))
    assert.same({ "kraken", "okx" }, c:list "sources")
    assert.same({ { name = "OKX:A-B" }, { name = "Kraken:BTC-EUR", source = "kraken" } },
      c:markets())
    assert.equal("wick.conf.lua:2", c:origin "markets")
  end)
  it("runs in an empty environment and is refused with its line", function()
    assert.matches("wick.conf.lua:1: .*os", (select(2, from "x = os.getenv('HOME')")))
    assert.matches("wick.conf.lua:2:", (select(2, from "a = {\n,}")))
    assert.matches("a function is no value", (select(2, from "http = { port = function() end }")))
    local _, twice = from "http = { port = 1 } return { ['http.port'] = 2 }"
    assert.matches("set twice", twice)
    assert.matches("compiled Lua", (select(2, from "\27Lua")))
    assert.matches("http.port '1.5'", (select(2, from "http = { port = '1.5' }")))
    assert.matches("this table is no value", (select(2, from "http = { port = { 1 } }")))
  end)
  it("is named by WICK_CONFIG or --config and must then be there", function()
    local c = assert(load { env = { WICK_CONFIG = "a.lua" },
      files = { ["a.lua"] = "log = {level='debug'}" } })
    assert.equal("a.lua:1", c:origin "log.level")
    assert.matches("a.lua: No such file", refused { env = { WICK_CONFIG = "a.lua" } })
    assert.matches("b.lua: No such file", refused { file = "b.lua" })
  end)
end)

describe("secrets", function()
  it("can come from a file", function()
    local c = assert(load { env = { JWT_SECRET_FILE = "/s" }, files = { ["/s"] = "hush\n" } })
    assert.equal("hush", c:get "jwt.secret")
    assert.equal("JWT_SECRET_FILE (environment)", c:origin "jwt.secret")
    assert.matches("JWT_SECRET_FILE.*No such file", refused { env = { JWT_SECRET_FILE = "/n" } })
    assert.matches("both JWT_SECRET and JWT_SECRET_FILE",
      refused { env = { JWT_SECRET_FILE = "/s", JWT_SECRET = "x" }, files = { ["/s"] = "" } })
  end)
end)

describe("single variables", function()
  it("become an address, which a *_URL beside them beats", function()
    local env = { TIMESCALEDB_HOST = "db", TIMESCALEDB_USERNAME = "me",
      TIMESCALEDB_PASSWORD = "p@ss/", KAFKA_BROKERS = "a:9092, b:9092",
      REDIS_HOST = "::1", REDIS_PASSWORD = "x" }
    local c = assert(load { env = env })
    assert.equal("postgres://me:p%40ss%2F@db:5432/wick", c:get "store.url")
    assert.equal("kafka://a:9092,b:9092", c:get "bus.url")
    assert.equal("redis://:x@[::1]:6379", c:get "cache.url")
    assert.equal("TIMESCALEDB_HOST (environment)", c:origin "store.url")
    env.STORE_URL = "sqlite:x.db"
    assert.equal("sqlite:x.db", assert(load { env = env }):get "store.url")
  end)
  it("fill each other over the layers, the password from a file too", function()
    local c = assert(load { env = { REDIS_HOST = "h" }, files = { ["/p"] = "q\n",
      [".env"] = "REDIS_PASSWORD_FILE=/p\nCACHE_URL=memory:\n" } })
    assert.equal("redis://:q@h:6379", c:get "cache.url")
  end)
  it("without a host are refused", function()
    assert.matches("without TIMESCALEDB_HOST", refused { env = { TIMESCALEDB_PASSWORD = "x" } })
  end)
end)

describe(".env", function()
  it("knows comments, quotes and export", function()
    local v, lines = dotenv.parse([[
# a comment
A=1
export B = two words # comment
C='raw $x \n # kept'   # comment
D="a\nb \"q\" \$x"
E=
F=a#b
G="two
lines"
H=1]] .. "\r\n")
    assert.same({ A = "1", B = "two words", C = "raw $x \\n # kept", D = 'a\nb "q" $x', E = "",
      F = "a#b", G = "two\nlines", H = "1" }, v)
    assert.equal(8, lines.G)
    assert.equal(10, lines.H)
  end)
  it("tells the line of a mistake", function()
    assert.matches("^2: '= 1' is not NAME=value", (select(3, dotenv.parse "A=1\n= 1\n")))
    assert.matches("^1: ' is not closed", (select(3, dotenv.parse "A='x\n")))
    assert.matches("behind the closing quote", (select(3, dotenv.parse "A='x' y\n")))
  end)
end)
