-- SPDX-License-Identifier: Apache-2.0
-- GET /metrics: counters of the stages as Prometheus text (0.0.4). Base units, _total on counters.
local M = {}

-- stage.stat = { metric, help, label } of a counter; a name that does not end in _total is a gauge.
local known = {
  ["source.trades"] = { "wick_trades_total", "Trades decoded", "source" },
  ["source.messages"] = { "wick_messages_total", "Messages received", "source" },
  ["source.bytes"] = { "wick_received_bytes_total", "Bytes received", "source" },
  ["source.refused"] = { "wick_refused_messages_total", "Messages refused", "source" },
  ["source.connects"] = { "wick_connects_total", "Connections made", "source" },
  ["source.lag_ms"] = { "wick_source_lag_seconds", "Least receipt less trade time", "source" },
  ["source.last_ms"] = { "wick_source_last_trade_seconds", "Time of the newest trade", "source" },
  ["bus.ticks"] = { "wick_log_ticks_total", "Trades appended to the log" },
  ["bus.records"] = { "wick_log_records_total", "Records appended to the log" },
  ["bus.bytes"] = { "wick_log_bytes_total", "Bytes appended to the log" },
  ["bus.errors"] = { "wick_log_errors_total", "Appends that failed and were tried again" },
  ["agg.trades"] = { "wick_folded_trades_total", "Trades folded into candles" },
  ["agg.duplicates"] = { "wick_duplicates_total", "Redelivered trades dropped" },
  ["agg.late"] = { "wick_late_trades_total", "Trades that revised a closed candle" },
  ["agg.quarantined"] = { "wick_quarantined_total", "Trades in quarantine" },
  ["agg.gaps"] = { "wick_gaps_total", "Spans that were not heard" },
  ["agg.lag_ms"] = { "wick_watermark_lag_seconds", "Newest trade less watermark" },
  ["store.candles"] = { "wick_store_rows_total", "Rows committed" },
  ["store.changed"] = { "wick_store_changed_rows_total", "Rows that a commit changed" },
  ["store.commits"] = { "wick_store_commits_total", "Commits" },
  ["store.errors"] = { "wick_store_errors_total", "Commits that failed and were tried again" },
  ["store.queries"] = { "wick_store_queries_total", "Questions to the store" },
  ["cache.hits"] = { "wick_cache_hits_total", "Answers from the cache" },
  ["cache.misses"] = { "wick_cache_misses_total", "Answers that the cache did not have" },
  ["cache.rows"] = { "wick_cache_rows", "Candles in the cache" },
  ["server.requests"] = { "wick_http_requests_total", "Requests" },
  ["server.connections"] = { "wick_http_connections_total", "Connections" },
  ["server.open"] = { "wick_http_open_connections", "Open connections" },
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
      local label = k[3] and ('{%s="%s"}'):format(k[3], escape(s.name)) or ""
      if stat:match "_ms$" then value = value / 1000 end
      add(families, order, k[1], k[1]:match "_total$" and "counter" or "gauge", k[2], label, value)
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
