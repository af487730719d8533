-- SPDX-License-Identifier: Apache-2.0
-- GET /metrics: counters of the stages as Prometheus text (0.0.4). Base units, _total on counters.
local M = {}

-- stage.stat = { metric, type, help, label, divisor }
local known = {
  ["source.trades"] = { "wick_trades_total", "counter", "Trades decoded", "source" },
  ["source.messages"] = { "wick_messages_total", "counter", "Messages received", "source" },
  ["source.bytes"] = { "wick_received_bytes_total", "counter", "Bytes received", "source" },
  ["source.refused"] = { "wick_refused_messages_total", "counter", "Messages refused", "source" },
  ["source.connects"] = { "wick_connects_total", "counter", "Connections made", "source" },
  ["source.lag_ms"] = { "wick_source_lag_seconds", "gauge", "Least receipt less trade time",
    "source", 1000 },
  ["agg.duplicates"] = { "wick_duplicates_total", "counter", "Redelivered trades dropped" },
  ["agg.late"] = { "wick_late_trades_total", "counter", "Trades that revised a closed candle" },
  ["agg.refused"] = { "wick_quarantined_total", "counter", "Trades in quarantine" },
  ["agg.revisions"] = { "wick_candle_revisions_total", "counter", "Candles revised" },
  ["store.rows"] = { "wick_store_rows_total", "counter", "Rows written" },
  ["store.commits"] = { "wick_store_commits_total", "counter", "Commits" },
}

local function escape(text)
  return (text:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("\n", "\\n"))
end

local function sample(metric, label, value)
  return ("%s%s %s"):format(metric, label, ("%.14g"):format(value))
end

local function add(families, order, name, kind, help, label, value)
  local f = families[name]
  if not f then
    f = { kind = kind, help = help, samples = {} }
    families[name] = f
    order[#order + 1] = name
  end
  f.samples[#f.samples + 1] = sample(name, label, value)
end

local function stage(families, order, s)
  local names = {}
  for stat in pairs(s.stats) do names[#names + 1] = stat end
  table.sort(names)
  for _, stat in ipairs(names) do
    local k = known[s.kind .. "." .. stat]
    local value = s.stats[stat]
    if k then
      local label = k[4] and ('{%s="%s"}'):format(k[4], escape(s.name)) or ""
      add(families, order, k[1], k[2], k[3], label, value / (k[5] or 1))
    else
      local label = ('{stage="%s",name="%s",stat="%s"}'):format(s.kind, escape(s.name), stat)
      add(families, order, "wick_stage_stat", "untyped", "Other figures of a stage", label, value)
    end
  end
end

-- state as in health.lua; stages carry kind, name and stats.
function M.answer(state)
  local families, order, out = {}, {}, {}
  for _, s in ipairs(state.stages) do stage(families, order, s) end
  for _, status in ipairs(state.statuses or {}) do
    add(families, order, "wick_http_responses_total", "counter", "Answers by status",
      ('{status="%d"}'):format(status[1]), status[2])
  end
  add(families, order, "wick_markets", "gauge", "Markets followed", "", #state.markets)
  add(families, order, "wick_start_time_seconds", "gauge", "Start of the process", "",
    state.started_ms / 1000)
  for _, name in ipairs(order) do
    local f = families[name]
    out[#out + 1] = ("# HELP %s %s\n# TYPE %s %s\n"):format(name, f.help, name, f.kind)
    out[#out + 1] = table.concat(f.samples, "\n") .. "\n"
  end
  return { status = 200, headers = { "content-type: text/plain; version=0.0.4; charset=utf-8" },
    body = table.concat(out) }
end

return M
