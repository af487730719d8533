-- SPDX-License-Identifier: Apache-2.0
-- Arguments in, results and errors out, as src/bind/lua54_arg.c does it for Lua 5.4: the same rules
-- and words.
local ffi = require "ffi"
local C = require "wick.ffi.lib"
local M = {}

local floor, type, tonumber, tostring = math.floor, type, tonumber, tostring
local OURS = { "wick/api.lua", "wick/stage.lua", "wick/task.lua" }

-- An error is the line's that called the library.
local function ours(source)
  if source:find("wick/ffi", 1, true) then return true end
  for _, file in ipairs(OURS) do
    if source:sub(-#file) == file then return true end
  end
  return false
end

function M.raise(fmt, ...)
  local text = fmt:format(...)
  for level = 2, math.huge do
    local at = debug.getinfo(level, "Sl")
    if not at then break end
    if at.currentline > 0 and not ours(at.source) then
      error(("%s:%d: %s"):format(at.short_src, at.currentline, text), 0)
    end
  end
  error(text, 0)
end
local raise = M.raise

local function typename(v)
  return v == nil and "no value" or type(v)
end

function M.bytes(name, i, v)
  if type(v) ~= "string" then
    raise("%s: argument %d: text expected, got %s", name, i, typename(v))
  end
  return v, #v
end

function M.text(name, i, v)
  M.bytes(name, i, v)
  if v:find("\0", 1, true) then
    raise("%s: argument %d: text without zero bytes expected", name, i)
  end
  return v
end

function M.text_opt(name, i, v)
  return v ~= nil and M.text(name, i, v) or nil
end

function M.int(name, i, v, least, most)
  if type(v) ~= "number" or v ~= floor(v) or v < least or v > most then
    local got = type(v) == "number" and "another number" or typename(v)
    raise("%s: argument %d: a whole number from %.0f to %.0f expected, got %s", name, i, least,
      most, got)
  end
  return v
end

function M.u32(name, i, v)
  return M.int(name, i, v, 0, 4294967295)
end

function M.tag(name, i, v)
  return v == nil and 0 or M.int(name, i, v, 0, 4294967295)
end

local function digits_of(name, i, v, minus)
  local digits = type(v) == "string" and v:match(minus and "^%-?(%d+)$" or "^(%d+)$")
  if not digits then
    raise("%s: argument %d: an exact integer as text expected, got %s", name, i, typename(v))
  end
  digits = digits:gsub("^0+", "")
  return #digits < 20 and ("0"):rep(20 - #digits) .. digits or digits
end

local function parse(digits)
  local n = 0ULL
  for k = 1, 20 do n = n * 10 + (digits:byte(k) - 48) end
  return n
end

local EXACT_NUMBER = 2 ^ 53

-- An int64 as text, or a number below 2^53.
function M.exact(name, i, v)
  if type(v) == "number" then
    return ffi.cast("int64_t", M.int(name, i, v, -EXACT_NUMBER, EXACT_NUMBER))
  end
  local digits = digits_of(name, i, v, true)
  local negative = v:sub(1, 1) == "-"
  if #digits > 20 or digits > (negative and "09223372036854775808" or "09223372036854775807") then
    raise("%s: argument %d: more than 64 bits", name, i)
  end
  local n = ffi.cast("int64_t", parse(digits))
  return negative and -n or n
end

function M.exact_unsigned(name, i, v)
  if type(v) == "number" then return ffi.cast("uint64_t", M.int(name, i, v, 0, EXACT_NUMBER)) end
  local digits = digits_of(name, i, v, false)
  if #digits > 20 or digits > "18446744073709551615" then
    raise("%s: argument %d: more than 64 bits", name, i)
  end
  return parse(digits)
end

-- int64 and uint64 to text, exactly.
function M.exact_text(v)
  return (tostring(v):gsub("U?LL$", ""))
end

function M.string(p)
  return p ~= nil and ffi.string(p) or nil
end

-- What a wick function returned, as Lua gets it: E_ARG raises; nil, text, code; true; a count.
function M.fail(name, why, rc)
  why = why ~= nil and why ~= "" and why or name
  if rc == C.WICK_E_ARG then raise("%s", why) end
  return nil, why, tonumber(rc)
end

function M.answer_count(name, w, rc)
  if rc < 0 then return M.fail(name, ffi.string(C.wick_error(w)), tonumber(rc)) end
  return tonumber(rc)
end

function M.answer(name, w, rc)
  if rc == 0 then return true end
  return M.answer_count(name, w, rc)
end

return M
