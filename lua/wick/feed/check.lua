-- SPDX-License-Identifier: Apache-2.0
-- `wick feed check`: what a feed table makes of a recording, as trades, as JSON, or for people.
-- Writes through the functions it is given and returns the exit status.
local feed = require "wick.feed"
local columns = require "wick.feed.columns"
local M = {}

local MARKETS_SHOWN, EXCERPT = 40, 120
local HEAD = "symbol,time_ns,id,price,qty,side,kind\n"

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }
local function json_text(s)
  return '"' .. s:gsub('[%c"\\]', function(c) return ESCAPES[c] or ("\\u%04x"):format(c:byte()) end)
    .. '"'
end

local function sorted(t)
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = k end
  table.sort(keys)
  return keys
end

local function tally()
  return { messages = 0, trades = 0, ignored = 0, refused = 0, payloads = {}, first = {},
    reasons = {}, order = {}, lists = 0, backwards = 0,
    seen = { ids = 0, sides = 0, snapshots = 0 } }
end

local function refuse(sum, reason, line)
  local r = sum.reasons[reason]
  if not r then
    r = { reason = reason, count = 0, first = line }
    sum.reasons[reason] = r
    sum.order[#sum.order + 1] = r
  end
  r.count = r.count + 1
end

-- Each reason counts once a message, so that counts are of messages or lines.
local function refuse_each(sum, chk, m)
  local seen, i = {}, 0
  local reason = m.reason ~= "" and m.reason or chk:refusal(0)
  while reason do
    if not seen[reason] then refuse(sum, reason, m.line) end
    seen[reason] = true
    i = i + 1
    reason = chk:refusal(i)
  end
end

local function add(sum, chk, m)
  local trades, refused = tonumber(m.trades), tonumber(m.refused)
  sum.messages = sum.messages + 1
  sum.trades = sum.trades + trades
  sum.payloads[m.payload] = (sum.payloads[m.payload] or 0) + 1
  sum.line = tonumber(m.line)
  sum.first[m.payload] = sum.first[m.payload] or sum.line
  if m.reason ~= "" or refused > 0 then
    sum.refused = sum.refused + 1
    refuse_each(sum, chk, m)
  elseif trades == 0 then
    sum.ignored = sum.ignored + 1
  end
end

-- Times as digits, compared and shown without becoming numbers.
local function later(a, b) return #a ~= #b and #a > #b or #a == #b and a > b end
local function shown(ns)
  return os.date("!%Y-%m-%d %H:%M:%S", tonumber(ns:sub(1, -10)) or 0)
end

-- What people look at in the trades: rows of "symbol,time,id,price,qty,side,kind".
local function look(sum, rows)
  local seen, last, up, down = sum.seen, nil, false, false
  for row in rows:gmatch "[^\n]+" do
    local time, id, side, kind = row:match "^.-,(%d+),(.*),[^,]*,[^,]*,(%a*),(%a+)$"
    if time then
      seen.ids = seen.ids + (id ~= "" and 1 or 0)
      seen.sides = seen.sides + (side ~= "" and 1 or 0)
      seen.snapshots = seen.snapshots + (kind == "snapshot" and 1 or 0)
      if not seen.first or later(seen.first, time) then seen.first = time end
      if not seen.last or later(time, seen.last) then seen.last = time end
      up, down = up or (last and later(time, last)), down or (last and later(last, time))
      last = time
    end
  end
  sum.lists = sum.lists + ((up or down) and 1 or 0)
  if down and not up then
    sum.backwards = sum.backwards + 1
    sum.back_at = sum.back_at or sum.line
  end
end

-- The beginning of a line that no rule takes; nil where the file does not say it in plain text.
local function excerpt(path, line)
  local file, at = io.open(path, "rb"), 0
  if not file then return end
  for text in file:lines() do
    at = at + 1
    if at == line then
      file:close()
      return not text:find "[%z\1-\8\14-\31]" and text:sub(1, EXCERPT) or nil
    end
    if at == 1 and text:sub(1, 2) == "\31\139" then break end         -- gzip
  end
  file:close()
end

local function int(n) return ("%d"):format(n) end

local function as_json(sum)
  local refusals, payloads = {}, {}
  for _, r in ipairs(sum.order) do
    refusals[#refusals + 1] = ('{"reason":%s,"count":%s,"first":%s}'):format(json_text(r.reason),
      int(r.count), int(r.first))
  end
  for _, name in ipairs(sorted(sum.payloads)) do
    payloads[#payloads + 1] = ("%s:%s"):format(json_text(name), int(sum.payloads[name]))
  end
  local form = '{"trades":%s,"ignored":%s,"refused":%s,"refusals":[%s],"payloads":{%s}}\n'
  return form:format(int(sum.trades), int(sum.ignored), int(sum.refused),
    table.concat(refusals, ","), table.concat(payloads, ","))
end

local function markets(put, w)
  local id, name = 0, w:name(0)
  if name then put("  markets\n") end
  while name do
    if id < MARKETS_SHOWN then put("    %-24s %s\n", name, w:symbol(id) or "") end
    id = id + 1
    name = w:name(id)
  end
  if id > MARKETS_SHOWN then put("    and %d more\n", id - MARKETS_SHOWN) end
end

local function as_text(sum, opts, t)
  local out = { ("%s through %s\n"):format(opts.recording, t.name) }
  local function put(...) out[#out + 1] = string.format(...) end
  put("  trades   %s\n", int(sum.trades))
  if sum.seen.first then
    local seen, n = sum.seen, sum.trades
    put("    from %s to %s\n", shown(seen.first), shown(seen.last))
    put("    with an id %s, with a side %s, snapshots %s\n", int(seen.ids), int(seen.sides),
      int(seen.snapshots))
    if sum.backwards * 2 > sum.lists then
      put("    lists from the newest to the oldest %s, first in line %s: is 'order' right?\n",
        int(sum.backwards), int(sum.back_at))
    end
    if seen.sides < n then put("    side unknown: %s\n", int(n - seen.sides)) end
  end
  put("  ignored  %s messages or lines\n", int(sum.ignored))
  put("  refused  %s\n", int(sum.refused))
  for _, r in ipairs(sum.order) do put("    %-24s %s, first in line %s\n", r.reason, int(r.count),
    int(r.first)) end
  out[#out + 1] = "  payloads\n"
  for _, name in ipairs(sorted(sum.payloads)) do
    local strange = name == "other" and excerpt(opts.recording, sum.first[name])
    put("    %-24s %s, first in line %s%s\n", name, int(sum.payloads[name]), int(sum.first[name]),
      strange and ": " .. strange or "")
  end
  markets(put, opts.w)
  return table.concat(out)
end

-- Reads all of it: true, or nil and why nothing more could be read.
local function read(chk, sum, out)
  while true do
    local m, err = chk:next()
    if not m then return not err, err end
    add(sum, chk, m)
    if out and m.rows ~= "" then out(m.rows) end
    if not out and m.rows ~= "" then look(sum, m.rows) end
  end
end

local function finish(sum, opts, t, broken)
  if broken then
    refuse(sum, "cut: " .. broken, (sum.line or 0) + 1)
    opts.err(("wick feed check: %s\n"):format(broken))
  end
  if opts.json then opts.out(as_json(sum)) end
  if not opts.json and not opts.trades then opts.out(as_text(sum, opts, t)) end
  if opts.trades then
    for _, r in ipairs(sum.order) do
      opts.err(("wick feed check: refused: %s: %s, first in line %s\n"):format(r.reason,
        int(r.count), int(r.first)))
    end
  end
  if sum.messages == sum.refused and sum.trades == 0 then
    local strange = sum.reasons["unknown-columns"] and columns(t)
    opts.err(("wick feed check: %s: nothing could be read%s\n"):format(opts.recording,
      strange and ": " .. strange or ""))
    return 1
  end
  return opts.strict and (sum.refused > 0 or broken) and 1 or 0
end

-- opts: feed (path, name, or a loaded table), recording, market, trades, json, strict; out and err
-- take text; w is an
-- open context. Returns 0 or 1.
function M.run(opts)
  local function failed(why)
    opts.err(("wick feed check: %s\n"):format(tostring(why)))
    return 1
  end
  local t, err = opts.feed, nil
  if type(t) ~= "table" then t, err = feed.load(opts.feed) end
  if not t then return failed(err) end
  local plan
  plan, err = feed.compile(t)
  if not plan then return failed(err) end
  local f, chk
  f, err = opts.w:feed(plan)
  if not f then return failed(err) end
  chk, err = opts.w:check(f, opts.recording, opts.market)
  if not chk then return failed(err) end
  local sum = tally()
  if opts.trades then opts.out(HEAD) end
  local ok, broken = read(chk, sum, opts.trades and opts.out)
  chk:close()
  f:close()
  return finish(sum, opts, t, not ok and tostring(broken) or nil)
end

return M
