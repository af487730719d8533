-- SPDX-License-Identifier: Apache-2.0
-- The loop of `wick sim`: requests go to the simulator, its ends are told, until a signal comes.
local M = {}

-- "name: value" lines, an empty line, the body.
local function split(answer)
  local head, body = answer:match "^(.-\n)\n(.*)$"
  return head, body
end

local function answer(o, server, request)
  if request.upgrade then
    server:upgrade(request.id, o.sim)         -- fails where a fault refuses it: it is cut then
    return
  end
  if request.method ~= "GET" and request.method ~= "HEAD" then
    return server:serve(request.id, 405, "allow: GET, HEAD\n", "GET only\n")
  end
  local text, status = o.sim:rest(request.target, request.headers)
  if not text then return server:serve(request.id, 500, nil, tostring(status) .. "\n") end
  local head, body = split(text)
  return server:serve(request.id, status, head, body)
end

local function greet(o, port)
  o.say(("wick sim: listening on 127.0.0.1:%d\n"):format(port))
  o.say(("CRYPTOCOMPARE_WS_URL=ws://127.0.0.1:%d/v2 CRYPTOCOMPARE_REST_URL=http://127.0.0.1:%d "
    .. "wick run\n"):format(port, port))
end

local function tell_end(o)
  o.say(("wick sim: all %d trades have happened, %d were delivered\n"):format(o.sim:stat "trades",
    o.sim:stat "delivered"))
end

-- What an event asks for. At the end: true, the exit status (nil: it failed), and why.
function M.handle(o, server, ev)
  if ev.from == server.id then
    if ev.name == "opened" then greet(o, ev.count)
    elseif ev.name == "request" then answer(o, server, ev.request)
    elseif ev.name == "closed" then return true, nil, ev.text end
  elseif ev.from == o.sim.id then
    if ev.name == "end" then tell_end(o)
    elseif ev.name == "closed" then return true, nil, ev.text end
  elseif ev.name == "signal" then
    return true, 0
  elseif ev.name == "end" then
    if ev.status < 0 then o.say("wick sim: the recording: " .. tostring(ev.text) .. "\n") end
    o.sim:drain()
  end
end

-- o: { w, sim, port, source (nil: synthetic), say(text) }. An exit status; nil and why.
function M.run(o)
  local w = o.w
  for _, name in ipairs { "TERM", "INT" } do
    local ok, why = w:signal(name)
    if not ok then return nil, why end
  end
  if o.source then
    local ok, why = w:link(o.source, o.sim)
    if not ok then return nil, why end
  end
  local server, why = w:server("127.0.0.1", o.port)
  if not server then return nil, why end
  while true do
    for ev in w:events(-1) do
      local over, status, text = M.handle(o, server, ev)
      if over then return status, text end
    end
  end
end

return M
