-- SPDX-License-Identifier: Apache-2.0
-- What every spec needs: wick from the build under test (WICK_BUILD, or BUILD), files of its own,
-- waiting for events without sleeping, and the check that no handle stays open.
local root = debug.getinfo(1, "S").source:match "^@(.*)spec/lua/helper%.lua$"
root = root == "" and "." or root:gsub("/$", "")
local M = { root = root }

local build = os.getenv "BUILD" or "release"
M.build = os.getenv "WICK_BUILD" or root .. (build == "release" and "/build" or "/build/" .. build)
package.path = root .. "/lua/?.lua;" .. package.path

M.wick = require "wick"
M.vm = jit and "luajit" or "lua5.4"
M.interpreter = os.getenv(jit and "LUAJIT" or "LUA") or M.vm

-- ---- files --------------------------------------------------------------------------------------

local function quoted(text)
  return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end

-- Standard output of a command, without its last line end, and its exit status.
function M.sh(command)
  local pipe = assert(io.popen(command .. "\necho $?"))
  local out = pipe:read "*a"
  pipe:close()
  local text, status = out:match "^(.-)\n?(%d+)\n$"
  return text, tonumber(status)
end

local made = {}

-- A new empty directory; gone when the spec is over.
function M.tmp()
  local dir = M.sh "mktemp -d"
  made[#made + 1] = dir
  return dir
end

function M.write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
  return path
end

function M.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

-- A path under SHARED, or nil where it is missing: such a spec calls pending() and says so.
function M.shared(path)
  local full = (os.getenv "SHARED" or root .. "/../shared") .. "/" .. path
  local file = io.open(full)
  if file then file:close() end
  return file and full or nil
end

-- wick ARG...: output, status, what went to standard error. On each VM by its own host.
function M.cli(...)
  local words = {}
  for i = 1, select("#", ...) do words[i] = quoted((select(i, ...))) end
  local errors = os.tmpname()
  local host = jit and M.interpreter .. " " .. quoted(root .. "/lua/wick/cli.lua")
    or quoted(M.build .. "/wickd")
  local out, status = M.sh(("WICK_BUILD=%s %s %s 2>%s"):format(quoted(M.build), host,
    table.concat(words, " "), errors))
  local said = M.read(errors)
  os.remove(errors)
  return out, status, said
end

-- ---- events -------------------------------------------------------------------------------------

-- Poll until pick(ev) gives something, at most ms (5000); what it gave. An event is lent: take what
-- you need.
function M.wait(w, pick, ms)
  local deadline = w:now_ms() + (ms or 5000)
  repeat
    for ev in w:events(math.max(0, deadline - w:now_ms())) do
      local found = pick(ev)
      if found ~= nil and found ~= false then return found end
    end
  until w:now_ms() >= deadline
  error(("no such event within %d ms"):format(ms or 5000), 2)
end

-- Wait for the event with this tag.
function M.wait_tag(w, tag, ms)
  return M.wait(w, function(ev) return ev.tag == tag and ev or nil end, ms)
end

-- ---- nothing stays ------------------------------------------------------------------------------

-- Handles that are open, as text: "" where there are none.
function M.open_handles()
  collectgarbage()
  collectgarbage()
  local list = {}
  for kind, n in pairs(M.wick.core.live()) do
    if n > 0 then list[#list + 1] = kind .. "=" .. n end
  end
  table.sort(list)
  return table.concat(list, " ")
end

-- In a describe, behind its own after_each: after each test nothing is open, and its files are
-- gone.
function M.tidy()
  local busted = require "busted"
  busted.after_each(function()
    for i = #made, 1, -1 do os.execute("rm -rf " .. quoted(table.remove(made, i))) end
    assert(M.open_handles() == "", "left open: " .. M.open_handles())
  end)
end

return M
