-- SPDX-License-Identifier: Apache-2.0
-- Times of a request: RFC 3339 or an integer in time_unit, as text of nanoseconds; 1970 to 2200.
-- No double ever holds one: digits are appended and compared.
local clip = require("wick.http.problem").clip

local M = {}

local zeros = { s = 9, ms = 6, us = 3, ns = 0 }
local order = { "s", "ms", "us", "ns" }
local last = "7258118400000000000"          -- 2200-01-01
local early = "315532800000000000"          -- 1980: a smaller integer is suspect

-- Whether a < b, both whole numbers without sign or leading zeros.
function M.less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end

-- Nanoseconds to a unit as text, rounded down; nil stays nil.
function M.to_unit(ns, unit)
  local n = zeros[unit]
  if n == 0 then return ns end
  return #ns > n and ns:sub(1, -n - 1) or "0"
end

local function scaled(digits, unit)
  return digits == "0" and "0" or digits .. ("0"):rep(zeros[unit])
end

local function inside(ns) return not M.less(last, ns) end

-- The unit in which these digits are a time of our days, nil: none.
local function likely(digits)
  for _, unit in ipairs(order) do
    local ns = scaled(digits, unit)
    if inside(ns) and not M.less(ns, early) then return unit end
  end
end

local function integer(text, unit)
  local digits = text:gsub("^0+(%d)", "%1")
  local ns = #digits <= 30 and scaled(digits, unit)
  local other = ns and likely(digits)
  if not ns or not inside(ns) or M.less(ns, early) and digits ~= "0" and other then
    local hint = other and other ~= unit and ("; it looks like time_unit=%s"):format(other) or ""
    return nil, { code = other and other ~= unit and "time-unit-suspect" or "invalid-parameter",
      detail = ("%s is no time between 1970 and 2200 in time_unit=%s%s"):format(clip(text, 60),
        unit, hint),
      likely = other }
  end
  return ns
end

-- A time of a request as text of nanoseconds. parse: the core's time_parse. nil and a mistake.
function M.parse(text, unit, parse)
  if text:match "^%d+$" then return integer(text, unit) end
  local ns = not text:match "^[-+]" and parse(text)
  if not ns then
    return nil, { code = "invalid-parameter",
      detail = ("'%s' is not a time"):format(clip(text, 60)) }
  end
  if ns:match "^%-" or not inside(ns) then
    return nil, { code = "invalid-parameter",
      detail = ("%s is outside 1970 to 2200"):format(clip(text, 60)) }
  end
  return ns
end

M.allowed = "RFC 3339 (2026-01-31T12:00:00Z), YYYY-MM-DD, or an integer in time_unit"

return M
