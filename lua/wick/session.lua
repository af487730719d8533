-- SPDX-License-Identifier: Apache-2.0
-- One feed's connection, as decisions: what happens goes in, what is to be done comes out; no
-- socket, no clock, no chance in here. States: connecting, opening (before the welcome), live,
-- waiting, stopped.
local M = {}
local Session = {}
Session.__index = Session

local welcome_ms = 10000                    -- after this we subscribe without a welcome
local confirm_ms = 30000                    -- and how long confirmations may
local steady_ms = 60000                     -- after this the next pause is the shortest again

-- "{name}" in a template ({symbol}, {lower}, {list}, {key}, ...); other braces are left alone.
function M.fill(template, vars)
  return (template:gsub("{([%a_]+)}", function(name) return vars[name] end))
end

-- The texts that subscribe (or unsubscribe) these symbols: each of at most `at_most`.
function M.texts(spec, symbols, vars)
  if not spec or #symbols == 0 then return {} end
  if type(spec) == "string" then spec = { send = spec } end
  local out, items = {}, {}
  local function with(symbol)
    local v = { symbol = symbol.text, lower = symbol.text:lower() }
    for k, x in pairs(symbol) do v[k] = x end
    for k, x in pairs(vars or {}) do v[k] = x end
    return v
  end
  if not spec.item then
    for _, s in ipairs(symbols) do out[#out + 1] = M.fill(spec.send, with(s)) end
    return out
  end
  local function flush()
    if #items == 0 then return end
    local v = with(symbols[1])
    v.list = table.concat(items, spec.separator or ",")
    out[#out + 1], items = M.fill(spec.send, v), {}
  end
  for _, s in ipairs(symbols) do
    items[#items + 1] = M.fill(spec.item, with(s))
    if #items == (spec.at_most or 100) then flush() end
  end
  flush()
  return out
end

-- o: symbols (list of { text = , ... }), subscribe, unsubscribe, ping { every, send }, timeout_ms
-- (of the heartbeat), errors (kind = action), answers (kind = text), welcomes, confirms (does the
-- venue?), vars (for templates), min_ms, max_ms (pauses).
function M.new(o)
  return setmetatable({ o = o, state = "connecting", tries = 0, serial = 0, wanted = o.symbols,
    confirmed = {}, count = 0, detail = "" }, Session)
end

-- The pause before the next try: doubling from min to max, spread by `luck` (0 to 1) so that many
-- do not come back at once, never under min.
function M.pause(tries, min_ms, max_ms, luck)
  local full = math.min(max_ms, min_ms * 2 ^ math.min(tries, 30))
  return math.floor(math.max(min_ms, full * (0.5 + 0.5 * luck)))
end

local function status(s, state, detail)
  s.state, s.detail = state, detail or ""
  return { "status", state, s.detail }
end

local function subscribe(s)
  local out = { status(s, "live") }
  s.confirmed, s.count = {}, 0
  local texts = M.texts(s.o.subscribe, s.wanted, s.o.vars)
  local every = type(s.o.subscribe) == "table" and s.o.subscribe.every or 0
  for i, text in ipairs(texts) do
    local at = math.floor((i - 1) * every * 1000)
    out[#out + 1] = at == 0 and { "send", text } or { "timer", "send", at, text }
  end
  if s.o.confirms then
    out[#out + 1] = { "timer", "confirm", confirm_ms }
  else
    for _, symbol in ipairs(s.wanted) do out[#out + 1] = { "confirm", symbol.text } end
  end
  out[#out + 1] = { "timer", "steady", steady_ms }
  return out
end

local actions = { stop = true, wait = true, reconnect = true, drop = true }

-- What a message of the session asks for; what nobody named is only told.
local function action_of(s, kind)
  return (s.o.errors or {})[kind] or (actions[kind] and kind) or "ignore"
end

-- No more of one symbol; without it nothing may be left.
local function forget(s, symbol)
  local kept = {}
  for _, one in ipairs(s.wanted) do
    if one.text ~= symbol then kept[#kept + 1] = one end
  end
  local found = #kept < #s.wanted
  s.wanted = kept
  return found
end

local on = {}
local quiet = { heartbeat = true, unsubscribed = true, loaded = true }

function on.opened(s)
  s.serial = s.serial + 1
  local out = {}
  if s.o.welcomes then
    out[1] = status(s, "opening")
    out[2] = { "timer", "welcome", welcome_ms }
  else
    out = subscribe(s)
  end
  if s.o.ping then out[#out + 1] = { "timer", "ping", s.o.ping.every * 1000 } end
  if s.o.timeout_ms then
    s.seen = nil
    out[#out + 1] = { "timer", "watch", s.o.timeout_ms }
  end
  return out
end

function on.closed(s, ev)
  if s.state == "stopped" then return {} end
  s.serial = s.serial + 1
  local long = s.slow
  s.slow = nil
  local ms = M.pause(long and 30 or s.tries, s.o.min_ms, s.o.max_ms, ev.luck or 0.5)
  s.tries = s.tries + 1
  local why = ev.why ~= "" and ev.why or "connection closed"
  return { status(s, "waiting", why),
    { "log", "warn", ("%s; again in %.1f s"):format(why, ms / 1000) }, { "timer", "retry", ms } }
end

function on.control(s, ev)
  if ev.kind == "welcome" then return subscribe(s) end
  if ev.kind == "subscribed" then
    s.tries = 0
    if not s.confirmed[ev.symbol] then
      s.confirmed[ev.symbol] = true
      s.count = s.count + 1
    end
    return {}
  end
  local answer = s.o.answers and s.o.answers[ev.kind]
  if answer then return { { "send", M.fill(answer, { value = ev.symbol }) } } end
  if quiet[ev.kind] then return {} end
  local action = action_of(s, ev.kind)
  local says = { "log", action == "ignore" and "info" or "warn",
    ("%s: %s"):format(ev.kind, (ev.text or ""):sub(1, 300)) }
  local one = ev.symbol ~= "" and (action == "drop" or action == "stop") and forget(s, ev.symbol)
  if one and #s.wanted > 0 then return { says } end
  if one or action == "stop" then
    return { says, status(s, "stopped", ev.kind), { "drop" } }
  elseif action == "wait" or action == "reconnect" then
    s.slow = action == "wait"
    return { says, { "drop" } }
  end
  return { says }
end

-- ev.seen: how many messages came so far, for the watch.
function on.timer(s, ev)
  if ev.serial ~= s.serial then return {} end
  local name = ev.timer
  if name == "retry" then return { status(s, "connecting"), { "reopen" } } end
  if name == "send" then return { { "send", ev.text } } end
  if name == "welcome" then return s.state == "opening" and subscribe(s) or {} end
  if name == "steady" then
    s.tries = 0
    return {}
  elseif name == "ping" then
    return { { "send", s.o.ping.send }, { "timer", "ping", s.o.ping.every * 1000 } }
  elseif name == "confirm" and s.count < #s.wanted then
    return { { "log", "warn", ("%d of %d subscriptions are not confirmed"):format(
      #s.wanted - s.count, #s.wanted) } }
  elseif name == "watch" then
    if s.seen == ev.seen then
      return { { "log", "warn", ("nothing was heard for %.0f s"):format(s.o.timeout_ms / 1000) },
        { "drop" } }
    end
    s.seen = ev.seen
    return { { "timer", "watch", s.o.timeout_ms } }
  end
  return {}
end

function on.stop(s)
  return { status(s, "stopped") }
end

-- One event { name = "opened" | "closed" | "control" | "timer" | "stop", ... } to its effects:
-- { "send", text }, { "timer", name, ms [, text] }, { "reopen" }, { "drop" } (end the connection),
-- { "confirm", symbol }, { "status", state, detail }, { "log", level, text }.
function Session:step(ev)
  if self.state == "stopped" and ev.name ~= "stop" then return {} end
  return on[ev.name](self, ev)
end

return M
