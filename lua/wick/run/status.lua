-- SPDX-License-Identifier: Apache-2.0
-- What a run tells of itself: the state for health and metrics, a live line, or a line a minute.
local wick_version = require("wick").version

local M = {}

local quiet_ticks = 60                      -- without a terminal a line so many seconds

local function stats_of(row)
  local stage = row.stage or row.feeder and row.feeder.stage
  return stage and stage:stats() or {}
end

function M.state(run)
  local now = run.w:now_ms()
  local state = { version = wick_version, started_ms = run.started_ms, now_ms = now, stages = {},
    sources = {}, markets = {}, ready = run.ready and not run.failed, why = run.failed,
    statuses = {}, trouble = run.trouble }
  for _, row in ipairs(run.stages) do
    state.stages[#state.stages + 1] = { kind = row.kind, name = row.name, stats = stats_of(row) }
  end
  for code, n in pairs(run.datastore and run.datastore.counts or {}) do
    table.insert(state.statuses, { code, n })
  end
  table.sort(state.statuses, function(a, b) return a[1] < b[1] end)
  for _, f in ipairs(run.feeders) do
    state.sources[#state.sources + 1] = { name = f.name, status = f.state, detail = f.detail }
    for _, m in ipairs(f.plan.markets) do
      state.markets[#state.markets + 1] = { name = m.name, source = f.name,
        deaf = f.state ~= "live" and f.state ~= "ended" }
    end
  end
  return state
end

-- A commit: the newest candle is remembered for people.
function M.committed(run, candles)
  local n = candles and #candles or 0
  if n == 0 then return end
  local c = candles[n]
  run.last = { market = c.market, time_ms = c.time_ms, close = c:text "close" }
  run.commits = (run.commits or 0) + 1
end

local function sum(run, stat)
  local total = 0
  for _, f in ipairs(run.feeders) do
    local n = f.stage and f.stage:stat(stat) or -1
    if n > 0 then total = total + n end
  end
  return total
end

-- The largest lag of the sources that know theirs, in ms; nil: none does.
local function lag(run)
  local worst
  for _, f in ipairs(run.feeders) do
    local n = f.stage and f.stage:stat "lag_ms" or -1
    if n >= 0 and n < 1e12 then worst = math.max(worst or 0, n) end
  end
  return worst
end

local function figures(run)
  local now, trades = run.w:now_ms(), sum(run, "trades")
  local since = run.sampled or { ms = run.started_ms, trades = 0 }
  local rate = math.max(0, trades - since.trades) * 1000 / math.max(1, now - since.ms)
  run.sampled = { ms = now, trades = trades }
  local markets, states = 0, {}
  for _, f in ipairs(run.feeders) do
    markets = markets + #f.plan.markets
    states[#states + 1] = f.name .. " " .. f.state
  end
  return { rate = rate, trades = trades, markets = markets, states = table.concat(states, ", "),
    lag = lag(run), refused = run.refused, last = run.last }
end

local function newest(run, last)
  if not last then return "no candle yet" end
  return ("%s %s %s"):format(run.w:name(last.market) or "?",
    os.date("!%H:%M", math.floor(last.time_ms / 1000)), last.close)
end

local function line(run, f)
  return ("%s | %.0f trades/s | %d market%s | lag %s | %s | %d refused"):format(f.states, f.rate,
    f.markets, f.markets == 1 and "" or "s", f.lag and ("%.0f ms"):format(f.lag) or "-",
    newest(run, f.last), f.refused)
end

-- Once a second.
function M.tick(run)
  run.ticks = (run.ticks or 0) + 1
  if run.log.live then
    run.log:show(line(run, figures(run)))
  elseif run.ticks % quiet_ticks == 5 then
    local f = figures(run)
    run.log:line("info", "running", { "sources", f.states, "trades", f.trades, "rate",
      math.floor(f.rate + 0.5), "markets", f.markets, "lag_ms", f.lag or -1, "refused", f.refused,
      "last", newest(run, f.last) })
  end
end

return M
