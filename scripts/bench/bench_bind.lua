-- SPDX-License-Identifier: Apache-2.0
-- What it costs a script to read a tick in a batch, on this VM: one number field, and the text of
-- one; against a bare loop over a table of numbers.
package.path = "./lua/?.lua;" .. package.path
local wick = require "wick"
local ROUNDS, COUNT = 200, 1000

local function line(n)
  local rows = { "a,p,q,f,l,T,m,M" }
  for i = 1, n do
    rows[#rows + 1] = ("%d,0.0014%02d,%d.5,%d,%d,%.0f,true,true"):format(i, i % 100, i % 7, i, i,
      1570752011620 + i)
  end
  return table.concat(rows, "\n") .. "\n"
end

-- A batch of ticks of our own, from a small file.
local function batch()
  local feed = require "wick.feed"
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(line(COUNT))
  file:close()
  local w = assert(wick.open())
  local plan = assert(w:feed(assert(feed.compile(assert(feed.load "scripts/feeds/binance.lua")))))
  w:link(assert(w:source("file:" .. path, { feed = plan, market = "XRPETH" })), nil)
  while true do
    for ev in w:events(1000) do
      if ev.batch and #ev.batch.ticks > 0 then
        os.remove(path)
        return w, ev.batch.ticks
      end
    end
  end
end

local function measure(n, fn)
  local best = math.huge
  for _ = 1, 5 do
    local began, sum = os.clock(), 0
    for _ = 1, ROUNDS do sum = sum + fn() end
    best = math.min(best, os.clock() - began)
    assert(sum == sum)
  end
  return best / (ROUNDS * n) * 1e9
end

local w, ticks = batch()
local n = #ticks
local plain = {}
for i = 1, n do plain[i] = ticks[i].price end

local bare = measure(n, function()
  local sum = 0
  for i = 1, n do sum = sum + plain[i] end
  return sum
end)
local price = measure(n, function()
  local sum = 0
  for i = 1, n do sum = sum + ticks[i].price end
  return sum
end)
local three = measure(n, function()
  local sum = 0
  for i = 1, n do
    local t = ticks[i]
    sum = sum + t.price * t.qty + t.market
  end
  return sum
end)
local text = measure(n, function()
  local sum = 0
  for i = 1, n do sum = sum + #ticks[i]:text "price" end
  return sum
end)
w:close()
local vm = jit and "LuaJIT" or _VERSION
local form = "binding, %s: ns a tick: one number %.1f, three %.1f, text %.0f; bare table loop %.1f"
print(form:format(vm, price, three, text, bare))
