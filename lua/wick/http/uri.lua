-- SPDX-License-Identifier: Apache-2.0
-- Request targets, strictly: percent-encoding (RFC 3986), UTF-8, no controls. A `+` is a plus.
local M = {}

-- Whether bytes are well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates.
local function utf8(text)
  local i = 1
  while i <= #text do
    local a, b = text:byte(i, i + 1)
    local size = a < 0x80 and 1 or a >= 0xc2 and a <= 0xdf and 2 or a >= 0xe0 and a <= 0xef and 3
      or a >= 0xf0 and a <= 0xf4 and 4
    if not size or i + size - 1 > #text then return false end
    for k = i + 1, i + size - 1 do
      local c = text:byte(k)
      if c < 0x80 or c > 0xbf then return false end
    end
    if a == 0xe0 and b < 0xa0 or a == 0xed and b > 0x9f or a == 0xf0 and b < 0x90
      or a == 0xf4 and b > 0x8f then
      return false
    end
    i = i + size
  end
  return true
end

-- The bytes that a percent-encoded text stands for, or nil and why.
function M.decode(text)
  if text:gsub("%%%x%x", ""):find("%", 1, true) then
    return nil, "a % without two hexadecimal digits behind it"
  end
  local out = text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  if out:find "[%z\1-\31\127]" then return nil, "a control character" end
  if not utf8(out) then return nil, "bytes that are not UTF-8" end
  return out
end

function M.encode(text)
  return (text:gsub("[^%w%-._~:,]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- Path (decoded) and query (raw, nil: none) of a target in origin or absolute form; nil and why.
function M.split(target)
  local rest = target:match "^%a[%w+.-]*://[^/?#]*(.*)$" or target
  local path, query = rest:match "^([^?#]*)%??([^#]*)"
  if path == "" and rest ~= target then path = "/" end
  local decoded, why = M.decode(path)
  if not decoded then return nil, why end
  return decoded, rest:find("?", 1, true) and query or nil
end

-- A query as a list of { name, value }, in order. nil, the name concerned, and why.
function M.query(text)
  local out = {}
  for piece in ((text or "") .. "&"):gmatch "([^&]*)&" do
    if piece ~= "" then
      local raw_name, raw_value = piece:match "^([^=]*)=(.*)$"
      local name, why = M.decode(raw_name or piece)
      if not name then return nil, (raw_name or piece), "its name has " .. why end
      if not raw_name then return nil, name, "has no value" end
      local value, bad = M.decode(raw_value)
      if not value then return nil, name, "has " .. bad end
      out[#out + 1] = { name, value }
    end
  end
  return out
end

return M
