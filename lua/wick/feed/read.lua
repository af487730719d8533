-- SPDX-License-Identifier: Apache-2.0
-- Runs the file of a feed table: text only, in an empty environment, with bounds on steps and
-- memory, so that a table is data however it is written.
local M = {}

local STEPS_MAX, STEPS_A_LOOK, GROWTH_MAX_KIB = 2000000, 4, 65536
local FILE_MAX = 1024 * 1024

local function slurp(path)
  local f, err = io.open(path, "rb")
  if not f then return nil, ("feed table %s"):format(err) end
  local text = f:read(FILE_MAX + 1)
  f:close()
  if not text then return nil, ("feed table %s: it is empty or no file"):format(path) end
  if #text > FILE_MAX then
    return nil, ("feed table %s: it is larger than %d bytes"):format(path, FILE_MAX)
  end
  return text
end

local function chunk(text, path)
  if text:sub(1, 1) == "\27" then return nil, ("feed table %s: it is not text"):format(path) end
  if setfenv then
    local f, err = loadstring(text, "@" .. path)
    if not f then return nil, err end
    if jit then jit.off(f, true) end            -- compiled code calls no hooks
    return setfenv(f, {})
  end
  return load(text, "@" .. path, "t", {})
end

-- Strings reach the string library through their metatable, also in an empty environment:
-- ("x"):rep(1e9).
local function without_methods(f)
  local meta = getmetatable ""
  local index = meta.__index
  meta.__index = nil
  local ok, a, b = pcall(f)
  meta.__index = index
  if not ok then return false, a end
  return a, b
end

local function run(f)
  local co = coroutine.create(f)
  local steps, start, count = 0, collectgarbage "count", collectgarbage
  local running = coroutine.running
  local function look()
    if running() ~= co then return end          -- LuaJIT has one hook for all threads
    steps = steps + STEPS_A_LOOK
    if steps > STEPS_MAX then error("it runs too long: a table is data", 0) end
    if count "count" - start > GROWTH_MAX_KIB then error("it takes too much memory", 0) end
  end
  debug.sethook(co, look, "", STEPS_A_LOOK)
  local ok, result = without_methods(function() return coroutine.resume(co) end)
  debug.sethook(co)
  if ok and coroutine.status(co) ~= "dead" then return false, "it did not return" end
  return ok, result
end

-- The table that the file returns; nil, and why there is none.
function M.file(path)
  local text, err = slurp(path)
  if not text then return nil, err end
  local f
  f, err = chunk(text, path)
  if not f then return nil, "feed table " .. tostring(err) end
  local ok, result = run(f)
  if not ok then
    local why = type(result) == "string" and result or "it failed"
    return nil, ("feed table %s%s"):format(why:find(path, 1, true) and "" or path .. ": ", why)
  end
  if type(result) ~= "table" then
    return nil, ("feed table %s: it returns a %s, not a table"):format(path, type(result))
  end
  return result
end

return M
