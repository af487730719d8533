-- SPDX-License-Identifier: Apache-2.0
-- wick doctor: what works here, what does not, what to do. Each check is ok, warn or fail.
local json = require "wick.http.json"
local options = require "wick.cli.options"

local M = {
  name = "doctor",
  summary = "what works here, what does not, what to do",
  example = "wick doctor\nwick doctor --json",
  options = { { "json", help = "as JSON, one object with a list of checks" }, options.set,
    options.config },
}

local function check(list, name, state, says, hint)
  list[#list + 1] = { name = name, state = state, says = says, hint = hint }
end

local checks = {}

function checks.library(list)
  local wick = require "wick"
  local vm = rawget(_G, "jit") and jit.version or _VERSION
  check(list, "library", "ok", ("wick %s, ABI %d, on %s"):format(wick.version, wick.core.abi(), vm))
  for _, name in ipairs { "cjson", "lpeg" } do
    local ok, mod = pcall(require, name)
    local version = ok and type(mod) == "table" and (mod._VERSION or mod.version) or nil
    if type(version) == "function" then version = version() end
    check(list, name, ok and "ok" or "warn", ok and tostring(version or "found") or "not found",
      not ok and "install lua-" .. name .. " for this Lua" or nil)
  end
end

checks["data.dir"] = function(list, c, sh)
  local dir = c:get "data.dir"
  local made = sh.make_dir(dir)
  local probe = made and os.tmpname and io.open(dir .. "/.wick-doctor", "wb")
  if probe then
    probe:close()
    os.remove(dir .. "/.wick-doctor")
    check(list, "data.dir", "ok", dir .. " can be written")
  else
    check(list, "data.dir", "fail", dir .. " cannot be written",
      "set data.dir (WICK_DATA) to a folder of yours")
  end
end

local function stage(list, name, shown, open, ...)
  local s, why = open(...)
  if s then
    s:close()
    check(list, name, "ok", shown .. " opens")
  else
    local taken = tostring(why):find "lock" or tostring(why):find "in use"
    check(list, name, taken and "warn" or "fail", ("%s: %s"):format(shown, why),
      taken and "a wick that runs has it: nothing to do" or "set another " .. name .. ".url")
  end
end

function checks.stages(list, c, sh)
  local w = sh.open(c)
  for _, name in ipairs { "bus", "store", "cache" } do
    stage(list, name, c:shown(name .. ".url"), sh.try, w[name], w, c:get(name .. ".url"))
  end
  local bind, port = c:get "http.bind", c:number "http.port"
  local server, why = sh.try(w.server, w, bind, port)
  if server then
    server:close()
    check(list, "http", "ok", ("%s port %d is free"):format(bind, port))
  else
    check(list, "http", "warn", tostring(why), "stop what listens there, or set http.port (PORT)")
  end
  w:close()
end

function checks.clock(list)
  local now = os.time()
  local sane = now > 1750000000 and now < 7258118400
  check(list, "clock", sane and "ok" or "fail", os.date("!%Y-%m-%dT%H:%M:%SZ", now),
    not sane and "set this machine's clock" or nil)
end

function checks.source(list, c)
  if c:given "cryptocompare.key" then
    check(list, "source", "ok", "cryptocompare.key is set (" .. c:origin "cryptocompare.key" .. ")")
  elseif c:given "cryptocompare.ws_url" then
    check(list, "source", "ok", "CryptoCompare at " .. c:shown "cryptocompare.ws_url")
  elseif c:get("sources"):match "cryptocompare" then
    check(list, "source", "warn", "no key and no address: wick run uses its own simulator",
      "set CRYPTOCOMPARE_API_KEY")
  else
    check(list, "source", "ok", c:shown "sources")
  end
end

function checks.feeds(list, c, sh)
  local feeds = require "wick.cli.feeds"
  local good, names, w = 0, feeds.names(), sh.open(c)
  for _, name in ipairs(names) do
    local f, why = feeds.open(w, name)
    if f then
      f:close()
      good = good + 1
    else
      check(list, "feed " .. name, "fail", tostring(why), "mend the table")
    end
  end
  check(list, "feeds", good > 0 and "ok" or "fail", ("%d of %d feed tables compile"):format(good,
    #names))
  w:close()
end

local order = { "library", "data.dir", "stages", "clock", "source", "feeds" }

local colours = { ok = "green", warn = "yellow", fail = "red" }

local function print_all(list, sh)
  for _, one in ipairs(list) do
    sh.out(("%s  %-14s %s\n"):format(sh.paint(1, colours[one.state], ("%-4s"):format(one.state)),
      one.name, one.says))
    if one.hint then sh.out(("      %-14s -> %s\n"):format("", one.hint)) end
  end
end

local function as_json(list, status)
  local out = {}
  for i, one in ipairs(list) do
    out[i] = json.object { "name", one.name, "state", one.state, "says", one.says, "hint",
      one.hint or json.null }
  end
  return json.object { "status", status, "checks", json.array(out) }.raw .. "\n"
end

function M.main(values, sh)
  local c = sh.config(values)
  local list, status = {}, "ok"
  for _, name in ipairs(order) do
    local ok, why = pcall(checks[name], list, c, sh)
    if not ok then
      check(list, name, "fail", tostring(type(why) == "table" and why.message or why))
    end
  end
  for _, one in ipairs(list) do
    if one.state == "fail" or one.state == "warn" and status == "ok" then status = one.state end
  end
  if values.json then sh.out(as_json(list, status)) else print_all(list, sh) end
  return status == "fail" and 1 or 0
end

return M
