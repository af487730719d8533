-- SPDX-License-Identifier: Apache-2.0
-- wick migrate [status|up|down]: the schema of the store.
local options = require "wick.cli.options"
local rows = require "wick.http.rows"

local M = {
  name = "migrate",
  summary = "the schema of the store: status, up, down",
  text = [[
status lists the migrations, up applies what is missing, down takes the newest one back, with what
its tables hold; candles and the place in the log go together, so that nothing counts twice. up and
down need the store to themselves: stop wick run first. wick run applies what is missing itself.]],
  example = "wick migrate status\nwick migrate up --set store.url=sqlite:/var/lib/wick/wick.db",
  options = { options.set, options.config },
  args = { value = "status|up|down", min = 0, max = 1, usage = "[status|up|down]",
    choices = { "status", "up", "down" } },
}

local function wait(w, tag)
  while true do
    for ev in w:events(-1) do
      if ev.tag == tag then return ev.status, ev.text end
    end
  end
end

-- A wick that runs holds its log, and would write into tables that are no more.
local function alone(w, c, sh)
  if not c:get("bus.url"):match "^sqlite:" then return true end
  local bus, why = sh.try(w.bus, w)
  if bus then
    bus:close()
    return true
  end
  return not tostring(why):find "in use" or nil, why
end

-- The migrations as the store lists them, or nil and why.
local function list(w, store)
  local tag, bad = store:rows "migrations"
  if not tag then return nil, bad end
  local status, text = wait(w, tag)
  if status < 0 then return nil, text end
  return rows.parse(text or "")
end

local function applied(all)
  local n = 0
  for _, row in ipairs(all) do n = n + (row.state == "applied" and 1 or 0) end
  return n
end

local function change(w, store, what)
  local tag, bad = store:migrate(what)
  if not tag then return nil, bad end
  local status, text = wait(w, tag)
  if status < 0 then return nil, text end
  return true
end

function M.main(values, sh)
  local what = values[1] or "status"
  local c = sh.config(values)
  sh.make_dir(c:get "data.dir")
  local w = sh.open(c)
  if what ~= "status" then
    local ok, why = alone(w, c, sh)
    if not ok then return nil, ("%s; stop it first"):format(why) end
  end
  local url = c:get "store.url"
  local store, why = sh.try(w.store, w, url:match "^sqlite:[^?]*$" and url .. "?migrate=0" or url)
  if not store then return nil, why end
  local before, bad = list(w, store)
  if not before then return nil, bad end
  local after = before
  if what ~= "status" then
    local ok, wrong = change(w, store, what)
    if not ok then return nil, wrong end
    after, bad = list(w, store)
    if not after then return nil, bad end
    if applied(after) == applied(before) then
      sh.say(("wick migrate: there was nothing to %s\n"):format(what == "up" and "apply"
        or "take back"))
    end
  end
  for _, row in ipairs(after) do
    sh.out(("%-5s %-30s %s\n"):format(row.version, row.name, row.state))
  end
  w:close()
  return 0
end

return M
