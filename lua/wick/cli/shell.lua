-- SPDX-License-Identifier: Apache-2.0
-- What commands share: data to stdout, everything else to stderr, settings, a context, the end.
local M = { root = "." }

local EPIPE = 32

-- Ends the command with a message and a status, from any depth.
function M.stop(status, message)
  error({ status = status, message = message }, 0)
end

local function check(ok, why, code)
  if ok then return end
  if code == EPIPE then error({ quiet = true, status = 0 }, 0) end
  M.stop(1, "wick: write to standard output: " .. tostring(why))
end

function M.out(text)
  check(io.stdout:write(text))
end

function M.flush()
  check(io.stdout:flush())
end

function M.say(text)
  io.stderr:write(text)
end

local function is_terminal(fd)
  local ok = os.execute(("test -t %d"):format(fd))
  return ok == true or ok == 0
end

-- Whether stdout (1) or stderr (2) is a terminal; asked once.
local terminals = {}
function M.terminal(fd)
  if terminals[fd] == nil then terminals[fd] = is_terminal(fd) end
  return terminals[fd]
end

function M.colours(fd)
  local no = os.getenv "NO_COLOR"
  return M.terminal(fd) and not (no and no ~= "") and os.getenv "TERM" ~= "dumb"
end

local codes = { red = "31", green = "32", yellow = "33", dim = "2", bold = "1" }

function M.paint(fd, colour, text)
  if not M.colours(fd) then return text end
  return ("\27[%sm%s\27[0m"):format(codes[colour], text)
end

function M.exists(path)
  local f = io.open(path, "rb")
  if f then f:close() end
  return f ~= nil
end

-- In a checkout its data, else $XDG_STATE_HOME/wick.
function M.default_data_dir()
  if M.exists(M.root .. "/Makefile") and M.exists(M.root .. "/src/wick.h") then
    return M.root .. "/data"
  end
  local state, home = os.getenv "XDG_STATE_HOME", os.getenv "HOME"
  if state and state ~= "" then return state .. "/wick" end
  return (home and home ~= "" and home or ".") .. "/.local/state/wick"
end

-- The table of settings, from C.
function M.rows()
  return require("wick").options()
end

-- Settings by --set, --config and the rest; a mistake in them ends the command.
function M.config(values)
  local config = require "wick.config"
  local c, why = config.load { rows = M.rows(), sets = values.set, file = values.config,
    data_dir = M.default_data_dir() }
  if not c then M.stop(2, "wick: " .. why) end
  return c
end

-- Quoted for a shell: data.dir may hold anything.
local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

function M.make_dir(path)
  local ok = os.execute("mkdir -p -- " .. quote(path) .. " 2>/dev/null")
  return ok == true or ok == 0
end

-- Where a SQLite store lies; nil for another kind.
function M.store_path(c)
  local name = c:get("store.url"):match "^sqlite:([^?]*)"
  if not name or name:sub(1, 1) == "/" then return name end
  return c:get "data.dir" .. "/" .. name
end

-- For what raises on a mistake of a setting or an option: nil and the mistake.
function M.try(fn, ...)
  local ok, a, b = pcall(fn, ...)
  if ok then return a, b end
  return nil, (tostring(a):gsub("^%S+:%d+: ", ""))
end

-- A context with these settings.
function M.open(c, more)
  local wick = require "wick"
  local settings = c:table()
  for k, v in pairs(more or {}) do settings[k] = v end
  local w, why = M.try(wick.open, settings)
  if not w then M.stop(1, "wick: " .. tostring(why)) end
  return w
end

return M
