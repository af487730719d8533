-- SPDX-License-Identifier: Apache-2.0
-- NDJSON rows of the store's tables: flat objects, every number kept as the text it was.
local M = {}

local plain = { ["\\n"] = "\n", ["\\t"] = "\t", ["\\r"] = "\r", ["\\b"] = "\b", ["\\f"] = "\f" }

local function utf8(code)
  if code < 0x80 then return string.char(code) end
  if code < 0x800 then return string.char(0xc0 + math.floor(code / 64), 0x80 + code % 64) end
  local middle = math.floor(code / 64) % 64
  return string.char(0xe0 + math.floor(code / 4096), 0x80 + middle, 0x80 + code % 64)
end

local function unescape(text)
  text = text:gsub("\\u(%x%x%x%x)", function(hex) return utf8(tonumber(hex, 16)) end)
  return (text:gsub("\\.", function(pair) return plain[pair] or pair:sub(2) end))
end

-- The end of the string whose opening quote is at `at`.
local function string_end(line, at)
  local i = at + 1
  while true do
    local c, stop = line:match("([\"\\])()", i)
    if not c then return nil end
    if c == '"' then return stop - 1 end
    i = stop + 1
  end
end

-- One object: text of strings and numbers, true and false; null and nested values are left out.
function M.row(line)
  local out, at = {}, line:match "^%s*{()"
  while at do
    local open = line:match('^[%s,]*()"', at)
    local close = open and string_end(line, open)
    if not close then break end
    local name = unescape(line:sub(open + 1, close - 1))
    local start = line:match("^%s*:%s*()", close + 1)
    if not start then break end
    if line:sub(start, start) == '"' then
      local stop = string_end(line, start)
      if not stop then break end
      out[name], at = unescape(line:sub(start + 1, stop - 1)), stop + 1
    else
      local word, stop = line:match("^([^,}%]%[{]*)()", start)
      word = word:match "^%s*(.-)%s*$"
      if word == "true" or word == "false" then
        out[name] = word == "true"
      elseif word ~= "null" and word ~= "" then
        out[name] = word
      end
      at = stop
    end
  end
  return out
end

function M.parse(text)
  local out = {}
  for line in text:gmatch "[^\n]+" do out[#out + 1] = M.row(line) end
  return out
end

return M
