-- SPDX-License-Identifier: Apache-2.0
-- Checks that schemas are made of. A check takes a value and its place; it returns nothing or
-- raises { place, why }.
local nearest = require "wick.nearest"
local M = {}

local DEPTH_MAX = 24

function M.fail(place, why, ...)
  error({ place = place, why = why:format(...) }, 0)
end

-- A value as messages show it: a text is told from a number, a table has no address.
function M.shown(v)
  if type(v) == "string" then return ("the text '%s'"):format(v) end
  return type(v) == "table" and "a table" or tostring(v)
end

function M.text(v, place)
  if type(v) ~= "string" then M.fail(place, "a text is wanted, not a %s", type(v)) end
  if #v > 1000 then M.fail(place, "a text of at most 1000 bytes is wanted") end
  if v:find "[%z\n\r]" then M.fail(place, "a text without line ends is wanted") end
end

function M.name(v, place)
  M.text(v, place)
  if not v:match "^[%w_.%-]+$" or #v > 60 then
    M.fail(place, "a name of letters, digits, _ . - is wanted, not '%s'", v)
  end
end

function M.boolean(v, place)
  if type(v) ~= "boolean" then M.fail(place, "true or false is wanted, not %s", tostring(v)) end
end

function M.scalar(v, place)
  local t = type(v)
  if t ~= "string" and t ~= "number" and t ~= "boolean" then
    M.fail(place, "a text, a number, true or false is wanted, not a %s", t)
  end
  if t == "string" then M.text(v, place) end
  if t == "number" and v % 1 ~= 0 then
    M.fail(place, "a whole number is wanted; write others as text")
  end
end

function M.int(min, max)
  return function(v, place)
    if type(v) ~= "number" or v % 1 ~= 0 or v < min or v > max then
      M.fail(place, "a whole number from %d to %d is wanted, not %s", min, max, M.shown(v))
    end
  end
end

function M.seconds(v, place)
  if type(v) ~= "number" or v <= 0 or v > 86400 then
    M.fail(place, "seconds up to a day are wanted, not %s", tostring(v))
  end
end

function M.choice(...)
  local allowed = { ... }
  return function(v, place)
    for _, a in ipairs(allowed) do
      if v == a then return end
    end
    local hint = type(v) == "string" and nearest.hint(v, allowed) or ""
    M.fail(place, "%s is wanted, not '%s'%s", table.concat(allowed, ", "), tostring(v), hint)
  end
end

-- Keys of a table, sorted so that messages are the same on every VM.
local function keys(t)
  local out = {}
  for k in pairs(t) do out[#out + 1] = k end
  table.sort(out, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then return a < b end
    return type(a) < type(b)
  end)
  return out
end
M.keys = keys

local function is_table(v, place)
  if type(v) ~= "table" then M.fail(place, "a table is wanted, not a %s", type(v)) end
  local _, depth = place:gsub("[%.%[]", "")
  if depth > DEPTH_MAX then M.fail(place, "it is nested too deep") end
end

-- A list without holes.
function M.list(of, max)
  return function(v, place)
    is_table(v, place)
    for _, k in ipairs(keys(v)) do
      if type(k) ~= "number" then
        M.fail(place, "a list is wanted; it has a key '%s'", tostring(k))
      end
      if k % 1 ~= 0 or k < 1 or k > #v then M.fail(place, "a list without holes is wanted") end
    end
    if #v == 0 then M.fail(place, "the list is empty") end
    if #v > (max or 5000) then M.fail(place, "at most %d are wanted", max or 5000) end
    for i, e in ipairs(v) do of(e, ("%s[%d]"):format(place, i)) end
  end
end

-- One, or a list of them.
function M.some(of, max)
  local list = M.list(of, max)
  return function(v, place)
    if type(v) == "table" then list(v, place) else of(v, place) end
  end
end

-- Any texts as keys.
function M.map(of)
  return function(v, place)
    is_table(v, place)
    for _, k in ipairs(keys(v)) do
      if type(k) ~= "string" then M.fail(place, "keys are texts, not %s", tostring(k)) end
      of(v[k], ("%s.%s"):format(place, k))
    end
  end
end

-- Named keys only; positions (numbers) are named too. wanted: keys that must be there.
function M.record(rows, wanted)
  return function(v, place)
    is_table(v, place)
    local names = keys(rows)
    for _, k in ipairs(keys(v)) do
      local check = rows[k]
      if not check then
        local texts = {}
        for _, n in ipairs(names) do
          if type(n) == "string" then texts[#texts + 1] = n end
        end
        M.fail(place, "no key '%s'%s", tostring(k), type(k) == "string" and nearest.hint(k, texts)
          or "")
      end
      check(v[k], type(k) == "number" and ("%s[%d]"):format(place, k) or ("%s.%s"):format(place, k))
    end
    for _, k in ipairs(wanted or {}) do
      if v[k] == nil then M.fail(place, "'%s' is missing", tostring(k)) end
    end
    if next(v) == nil then M.fail(place, "the table is empty") end
  end
end

-- Runs a check: true, or nil and "place: why".
function M.run(check, v, place)
  local ok, err = pcall(check, v, place)
  if ok then return true end
  if type(err) == "table" and err.place then return nil, ("%s: %s"):format(err.place, err.why) end
  error(err, 0)
end

return M
