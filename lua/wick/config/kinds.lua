-- SPDX-License-Identifier: Apache-2.0
-- Kinds of settings: what text each allows, what is shown of a secret, how text is read.
local nearest = require "wick.nearest"

local M = {}

local units = { ns = 1e-6, us = 1e-3, ms = 1, s = 1e3, m = 6e4, h = 36e5, d = 864e5, w = 6048e5 }

-- "5ms", "1d" or "0" to milliseconds; nil: not a duration.
function M.duration(text)
  if text:match "^0+$" then return 0 end
  local n, unit = text:match "^(%d+)(%a+)$"
  if not n or #n > 15 or not units[unit] then return nil end
  return tonumber(n) * units[unit]
end

function M.list(text)
  local out = {}
  for part in (text .. ","):gmatch "([^,]*)," do
    part = part:match "^%s*(.-)%s*$"
    if part ~= "" then out[#out + 1] = part end
  end
  return out
end

local checks = {}

function checks.int(text, low, high)
  low, high = tonumber(low), tonumber(high)
  local n = #text <= 15 and text:match "^%-?%d+$" and tonumber(text)
  if n and (not low or n >= low) and (not high or n <= high) then return true end
  return false, low and ("a whole number from %.0f to %.0f"):format(low, high) or "a whole number"
end

function checks.duration(text)
  return M.duration(text) ~= nil, "a duration: 0, or a number and one of ns us ms s m h d w: 250ms"
end

function checks.bool(text)
  return text == "true" or text == "false", "true, false"
end

-- What each address may begin with; which of them are built in is the stage's to say.
local schemes = {
  ["bus.url"] = { "sqlite:", "memory:", "kafka://" },
  ["store.url"] = { "sqlite:", "postgres://", "postgresql://" },
  ["cache.url"] = { "memory:", "redis://", "rediss://" },
  ["cryptocompare.ws_url"] = { "wss://", "ws://" },
  ["cryptocompare.rest_url"] = { "https://", "http://" },
}

function checks.url(text, _, _, key)
  if text == "" and key:match "^cryptocompare" then return true end
  local allowed = schemes[key] or { "" }
  for _, scheme in ipairs(allowed) do
    if text:sub(1, #scheme) == scheme and not text:find "%s" then return true end
  end
  return false, "an address that begins with " .. table.concat(allowed, ", ")
end

-- One of them is the base that all others are rolled up from.
local function intervals(list)
  local wick = require "wick"
  for _, text in ipairs(list) do
    if not wick.interval(text) then
      return false, ("n + one of s m h d w M y each, like 1m,1h,1d; '%s' is none"):format(text)
    end
  end
  return #list > 0, "at least one, like 1m,1h,1d"
end

function checks.list(text, _, _, key)
  if key == "intervals" then
    local ok, allowed = intervals(M.list(text))
    if not ok then return false, allowed end
  end
  local seen = {}
  for _, part in ipairs(M.list(text)) do
    if seen[part] then return false, "each name once; '" .. part .. "' stands there twice" end
    seen[part] = true
  end
  return true
end

-- Whether a text is a value of a kind ("int:1:65536", "choice:a,b"); if not, what is allowed.
function M.check(kind, text, key)
  if type(text) ~= "string" then return false, "text" end
  if text:find "[%z\1-\8\10-\31]" then return false, "text without control characters" end
  local choices = kind:match "^choice:(.*)$"
  if choices then
    local list = M.list(choices)
    for _, c in ipairs(list) do if c == text then return true end end
    return false, "one of " .. table.concat(list, ", ") .. nearest.hint(text, list)
  end
  local name, low, high = kind:match "^(%a+):?(%-?%d*):?(%-?%d*)$"
  if name == "port" then name, low, high = "int", "0", "65535" end
  local check = checks[name or kind]
  if not check then return true end
  return check(text, low, high, key or "")
end

-- Passwords of an address and keys in its query.
function M.mask_url(text)
  text = text:gsub("^(%a[%w+.-]*://[^/@]*:)([^/]*)@", "%1***@")
  text = text:gsub("([?&][^=&]*[Kk][Ee][Yy]=)[^&]*", "%1***")
  text = text:gsub("([?&]token=)[^&]*", "%1***"):gsub("([?&]password=)[^&]*", "%1***")
  return text
end

function M.shown(kind, text)
  if kind == "secret" then return text == "" and "" or "***" end
  if type(text) ~= "string" then return tostring(text) end
  if kind == "url" or kind == "list" then return M.mask_url(text) end
  return text
end

return M
