-- SPDX-License-Identifier: Apache-2.0
-- GET /health, /health/live, /health/ready. A quiet market passes; one whose source is deaf warns.
-- state: version, started_ms, now_ms, ready (nil or why not), sources { name, status, detail },
-- stages { kind, name, stats }, trouble (what a stage is failing at, by its name),
-- markets { name, source, last_ms, deaf }.
local json = require "wick.http.json"

local M = {}

local function answer(status, members)
  return { status = status, body = json.object(members).raw .. "\n",
    headers = { "content-type: application/json", "cache-control: no-store" } }
end

function M.live()
  return answer(200, { "status", "pass" })
end

function M.ready(_, state)
  if state.ready then return answer(200, { "status", "pass" }) end
  return answer(503, { "status", "fail", "detail", state.why or "starting" })
end

local function checks(state)
  local members, worst = {}, "pass"
  for _, s in ipairs(state.sources) do
    local fine = s.status == "live" or s.status == "ended"
    if not fine then worst = "warn" end
    members[#members + 1] = "source:" .. s.name
    members[#members + 1] = json.object { "status", fine and "pass" or "warn", "state", s.status,
      "detail", s.detail or "" }
  end
  for _, s in ipairs(state.stages) do
    local trouble = state.trouble and state.trouble[s.name]
    if trouble then worst = "fail" end
    if s.kind ~= "source" then
      members[#members + 1] = s.name
      members[#members + 1] = trouble and json.object { "status", "fail", "detail", trouble }
        or json.object { "status", "pass" }
    end
  end
  return json.object(members), worst
end

-- Markets that nobody hears: how many, and the five that were heard longest ago.
local function stale(state)
  local list = {}
  for _, m in ipairs(state.markets) do
    if m.deaf then list[#list + 1] = m end
  end
  table.sort(list, function(a, b) return (a.last_ms or 0) < (b.last_ms or 0) end)
  local worst = {}
  for i = 1, math.min(5, #list) do
    worst[i] = json.object { "market", list[i].name, "last_trade", list[i].last_ms or json.null }
  end
  return json.object { "count", #list, "worst", json.array(worst) }, #list > 0
end

function M.all(_, state)
  local list, status = checks(state)
  local deaf, some = stale(state)
  if some and status == "pass" then status = "warn" end
  if not state.ready then status = "fail" end
  return answer(status == "fail" and 503 or 200, {
    "status", status, "version", state.version, "uptime_seconds",
    math.floor((state.now_ms - state.started_ms) / 1000), "checks", list, "markets", #state.markets,
    "stale_symbols", deaf })
end

return M
