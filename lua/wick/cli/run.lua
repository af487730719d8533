-- SPDX-License-Identifier: Apache-2.0
-- wick run: the platform in one process.
local feed = require "wick.feed"
local options = require "wick.cli.options"

local roles = { "producer", "consumer", "coordinator", "datastore" }

local M = {
  name = "run",
  summary = "the platform: sources to log to candles to HTTP, in one process",
  text = [[
Without settings it uses the embedded engines under data.dir, and the simulator where neither a
CryptoCompare key nor an address is set. SIGTERM or SIGINT drains and ends; a second one ends at
once. `history` has no effect yet.]],
  example = "wick run --set markets=Coinbase:BTC-USD --set http.port=3000\n"
    .. "curl 'localhost:3000/ohlcv?symbol=BTCUSD&startDate=2026-01-01&interval=1m'",
  options = {
    { "role", value = "R,…", kind = "list",
      help = "roles of this process: " .. table.concat(roles, ", ") .. "; without it all" },
    options.config, options.set,
  },
}

local function check_roles(list, c)
  if not list then return true end
  local asked, count = {}, 0
  for _, role in ipairs(list) do
    local known = role == "all"
    for _, r in ipairs(roles) do known = known or r == role end
    if not known then
      return nil, ("--role '%s': allowed is %s%s"):format(role, table.concat(roles, ", "),
        require("wick.nearest").hint(role, roles))
    end
    if not asked[role] then asked[role], count = true, count + 1 end
  end
  if asked.all or count == #roles then return true end
  for _, key in ipairs { "bus.url", "store.url", "cache.url" } do
    local engine = c:get(key):match "^%a+"
    if engine == "memory" or engine == "sqlite" then
      return nil, ("--role %s: processes need engines that they can share, but %s is %s"):format(
        table.concat(list, ","), key, c:shown(key))
    end
  end
  return nil, "--role: roles in several processes come with a later part"
end

-- Without tokens only this machine may ask.
local function check_bind(c)
  local bind = c:get "http.bind"
  local here = bind:match "^127%.%d+%.%d+%.%d+$" or bind == "::1" or bind == "localhost"
  if here then return true end
  if not c:given "jwt.secret" then
    return nil, ("http.bind '%s' (%s): without jwt.secret everyone could ask; allowed is a "
      .. "loopback address like 127.0.0.1"):format(bind, c:origin "http.bind")
  end
  return nil, ("http.bind '%s' (%s): tokens are not checked yet, so only a loopback address like "
    .. "127.0.0.1 is allowed"):format(bind, c:origin "http.bind")
end

-- "markets: ..." behind where that setting comes from.
local function with_origin(c, why)
  why = why:gsub("^%a+: (%a+%.url: )", "%1")
  local key, rest = why:match "^([%a._]+): (.*)$"
  if not key or not c.rows_by_key[key] then return why end
  return ("%s: %s: %s"):format(c:origin(key), key, rest)
end

-- What the engines of the default keep there must have a place.
local function check_dir(c, sh)
  if not (c:get "bus.url" .. " " .. c:get "store.url"):find("sqlite:", 1, true) then return true end
  local dir = c:get "data.dir"
  if sh.make_dir(dir) then return true end
  return nil, ("%s: data.dir '%s' cannot be made, or is no folder"):format(c:origin "data.dir", dir)
end

function M.main(values, sh)
  local c = sh.config(values)
  for _, check in ipairs { function() return check_roles(values.role, c) end,
    function() return check_bind(c) end } do
    local ok, why = check()
    if not ok then sh.stop(2, "wick run: " .. why) end
  end
  local plan, wrong = require("wick.sources").plan(c, feed.load)
  if not plan then sh.stop(2, "wick run: " .. with_origin(c, wrong)) end
  local made, no_dir = check_dir(c, sh)
  if not made then return nil, no_dir end
  local log = require("wick.run.log").new(c, sh)
  for _, note in ipairs(plan.notes) do log:line("info", note) end
  local run, why, mistake = require("wick.run").open { c = c, plan = plan, log = log }
  if not run and mistake then sh.stop(2, "wick run: " .. with_origin(c, why)) end
  if not run then return nil, with_origin(c, why) end
  local ok, bad = run:loop()
  if not ok then return nil, bad end
  return 0
end

return M
