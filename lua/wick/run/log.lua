-- SPDX-License-Identifier: Apache-2.0
-- Log lines on standard error, as text or JSON; on a terminal one status line stays below them.
local json = require "wick.http.json"

local M = {}
local Log = {}
Log.__index = Log

local levels = { error = 0, warn = 1, info = 2, debug = 3 }
local names = { [0] = "error", "warn", "info", "debug" }
local colours = { error = "red", warn = "yellow", info = "dim", debug = "dim" }

-- c: settings; sh: the shell of commands.
function M.new(c, sh)
  local format = c:get "log.format"
  local tty = sh.terminal(2)
  if format == "auto" then format = tty and "text" or "json" end
  return setmetatable({ level = levels[c:get "log.level"], format = format, sh = sh,
    live = tty and format == "text", shown = false }, Log)
end

local function clock() return os.date "!%Y-%m-%dT%H:%M:%SZ" end

-- level: its name or number; fields: { "name", value, ... } beside the text, in order.
function Log:line(level, text, fields)
  level = names[level] or level
  if levels[level] > self.level then return end
  if self.format == "json" then
    local members = { "time", clock(), "level", level, "message", text }
    for _, v in ipairs(fields or {}) do members[#members + 1] = v end
    self.sh.say(json.object(members).raw .. "\n")
    return
  end
  local more = {}
  for i = 1, #(fields or {}), 2 do
    more[#more + 1] = ("%s=%s"):format(fields[i], tostring(fields[i + 1]))
  end
  local tail = #more > 0 and "  " .. table.concat(more, " ") or ""
  text = text:gsub("[%c\127]", "?")
  local line = ("%s %s %s%s\n"):format(clock(), self.sh.paint(2, colours[level],
    ("%-5s"):format(level)), text, tail)
  self:clear()
  self.sh.say(line)
  self:draw()
end

function Log:clear()
  if self.shown then self.sh.say "\r\27[K" end
  self.shown = false
end

function Log:draw()
  if not self.live or not self.status then return end
  self.sh.say("\r\27[?7l" .. self.status .. "\27[K\27[?7h")    -- cut at the margin, not wrapped
  self.shown = true
end

-- The one live line; on no terminal it does nothing.
function Log:show(text)
  self.status = text
  self:draw()
end

return M
