-- SPDX-License-Identifier: Apache-2.0
-- Feed tables: a venue's messages described in Lua (scripts/feeds/VENUE.lua, explained in its
-- README.md), checked, and compiled to the plan text that C reads (wick_feed_new). Session
-- things stay in the table, for the run loop.
local nearest = require "wick.nearest"
local read = require "wick.feed.read"
local schema = require "wick.feed.schema"
local plan = require "wick.feed.plan"

local M = {}

local EXTENDS_MAX = 8
-- Maps of a clone are laid over those of its original key by key; everything else is replaced
-- whole.
local LAID_OVER = { aliases = true, kinds = true, errors = true }

local function exists(path)
  local f = io.open(path, "rb")
  if f then f:close() end
  return f ~= nil
end

-- Where the shipped tables lie: beside this library in a checkout and in an installation, below it
-- in a rock.
function M.dir()
  local source = debug.getinfo(1, "S").source
  local root = source:match "^@(.*)lua/wick/feed%.lua$"
  local rock = not root and source:match "^@(.*/wick)/feed%.lua$"
  if rock then return rock .. "/feeds" end
  root = root == "" and "." or root and root:gsub("/$", "") or "."
  return root .. "/scripts/feeds"
end

local function quoted(path) return "'" .. path:gsub("'", "'\\''") .. "'" end

-- Names of the tables in a directory (the shipped ones), sorted.
function M.list(dir)
  local names, ls = {}, io.popen("ls -1 -- " .. quoted(dir or M.dir()) .. " 2>/dev/null")
  if not ls then return names end
  for line in ls:lines() do
    local name = line:match "^([%w_%-]+)%.lua$"
    if name then names[#names + 1] = name end
  end
  ls:close()
  table.sort(names)
  return names
end

local function find(name, dir)
  if name:find "/" or name:find "%.lua$" then return name end
  local path = (dir or M.dir()) .. "/" .. name .. ".lua"
  if exists(path) or exists(name) then return exists(path) and path or name end
  return nil, ("feed %s: there is no table %s%s"):format(name, path,
    nearest.hint(name, M.list(dir)))
end

local function merge(base, over)
  local out = {}
  for k, v in pairs(base) do out[k] = v end
  for k, v in pairs(over) do
    if LAID_OVER[k] and type(v) == "table" and type(out[k]) == "table" then
      local laid = {}
      for a, b in pairs(out[k]) do laid[a] = b end
      for a, b in pairs(v) do laid[a] = b end
      v = laid
    end
    out[k] = v
  end
  out.extends = nil
  return out
end

local function load_chain(path, seen)
  if #seen >= EXTENDS_MAX then
    return nil, ("%s: more than %d tables extend each other"):format(path, EXTENDS_MAX)
  end
  for _, p in ipairs(seen) do
    if p == path then
      return nil, ("%s: extends itself (%s)"):format(path, table.concat(seen, " > "))
    end
  end
  seen[#seen + 1] = path
  local t, err = read.file(path)
  if not t then return nil, err end
  if t.extends == nil then return t end
  local name = path:match "([^/]+)$":gsub("%.lua$", "")
  if type(t.extends) ~= "string" or not t.extends:match "^[%w_%-]+$" then
    return nil, name .. ".extends: the name of a table beside this one is wanted"
  end
  local beside = (path:match "^(.*/)" or "") .. t.extends .. ".lua"
  local base
  base, err = load_chain(beside, seen)
  if not base then return nil, ("%s.extends: %s"):format(name, err) end
  return merge(base, t)
end

-- A table by its path, or by the name of a shipped one: checked, with its defaults filled in. nil,
-- and where and why it is refused.
function M.load(path_or_name, dir)
  local path, err = find(path_or_name, dir)
  if not path then return nil, err end
  local t
  t, err = load_chain(path, {})
  if not t then return nil, err end
  local name = path:match "([^/]+)$":gsub("%.lua$", "")
  t, err = schema.check(t, t.name and type(t.name) == "string" and t.name or name)
  if not t then return nil, err end
  t.name = t.name or name
  t.path = path
  return t
end

-- A table made in a script, checked as load() does.
function M.check(t, name)
  if type(t) ~= "table" then return nil, "a feed table is a table" end
  return schema.check(merge({}, t), name or t.name or "feed")
end

-- The plan text of a checked table. nil, and where and why it cannot be.
function M.compile(t)
  return plan.text(t)
end

return M
