-- SPDX-License-Identifier: Apache-2.0
-- Feed tables for commands: by path or by the name of a shipped one, checked and compiled.
local feed = require "wick.feed"

local M = {}

function M.names() return feed.list() end

-- The table and its plan text, or nil and where and why it is refused.
function M.compile(name)
  local t, why = feed.load(name)
  if not t then return nil, why end
  local plan, bad = feed.compile(t)
  if not plan then return nil, bad end
  return t, plan
end

-- A feed of this context, or nil and why; second: its table.
function M.open(w, name)
  local t, plan = M.compile(name)
  if not t then return nil, plan end
  local f, why = w:feed(plan)
  if not f then return nil, ("%s: %s"):format(t.path or name, tostring(why)) end
  return f, t
end

return M
