-- SPDX-License-Identifier: Apache-2.0
-- The Lua configuration file: run in an empty environment, it returns a table or assigns keys,
-- nested (http = { port = 80 }) or dotted (["http.port"] = 80). It becomes settings as text.
local M = {}

-- Both VMs: text chunks only, names that do not exist are nil.
local function compile(text, path, env)
  if text:sub(1, 1) == "\27" then return nil, path .. ": compiled Lua is refused" end
  text = text:gsub("^#[^\n]*", "")
  if setfenv then
    local chunk, why = loadstring(text, "@" .. path)
    if chunk then setfenv(chunk, env) end
    return chunk, why
  end
  return load(text, "@" .. path, "t", env)
end

-- The line where a dotted key is written, as well as text can tell; nil: not found.
local function line_of(text, key)
  local function at(word, from)
    local quoted = word:gsub("%p", "%%%0")
    local plain = text:find("%f[%w_]" .. quoted .. "%f[^%w_]['\"]?%]?%s*=", from)
    return plain
  end
  local pos = at(key, 1)
  if not pos then
    pos = 1
    for part in key:gmatch "[^.]+" do
      pos = pos and at(part, pos)
    end
  end
  return pos and 1 + select(2, text:sub(1, pos - 1):gsub("\n", ""))
end

local function scalar(value)
  if type(value) == "string" then return value end
  if type(value) == "boolean" then return tostring(value) end
  if type(value) == "number" and value == math.floor(value) and math.abs(value) < 2 ^ 53 then
    return ("%.0f"):format(value)
  end
end

-- { "a", "b" } and { ["Kraken:BTC-EUR"] = "kraken" } as one list, named ones sorted behind.
local function list(value)
  local out, named = {}, {}
  for i, v in ipairs(value) do
    out[i] = scalar(v)
    if not out[i] then return nil end
  end
  for k, v in pairs(value) do
    if type(k) == "string" and type(v) == "string" then
      named[#named + 1] = v == "" and k or k .. "=" .. v
    elseif type(k) ~= "number" or k < 1 or k > #value then
      return nil
    end
  end
  table.sort(named)
  for _, v in ipairs(named) do out[#out + 1] = v end
  for _, v in ipairs(out) do
    if v:find(",", 1, true) then return nil end
  end
  return table.concat(out, ",")
end

local function flatten(tree, prefix, known, found, where)
  for k, v in pairs(tree) do
    if type(k) ~= "string" then
      return nil, ("%s: %s an element without a name"):format(where(prefix), prefix)
    end
    local key = prefix == "" and k or prefix .. "." .. k
    local row = known[key]
    local text = scalar(v)
    if type(v) == "table" then
      if row and row.kind == "list" then text = list(v) end
      if not text and row then
        return nil, ("%s: %s: this table is no value of it"):format(where(key), key)
      end
      if not row then
        local ok, why = flatten(v, key, known, found, where)
        if not ok then return nil, why end
      end
    elseif not text then
      return nil, ("%s: %s: a %s is no value of it"):format(where(key), key, type(v))
    end
    if text then found[#found + 1] = { key = key, value = text, origin = where(key) } end
  end
  return true
end

-- A list of { key, value, origin } sorted by key, or nil and what is wrong with its place.
function M.parse(text, path, known)
  local env = {}
  local chunk, why = compile(text, path, env)
  if not chunk then return nil, why end
  local ok, result = pcall(chunk)
  if not ok then return nil, tostring(result) end
  if result ~= nil and type(result) ~= "table" then
    return nil, ("%s: returns a %s, not a table"):format(path, type(result))
  end
  local found = {}
  local function where(key)
    local line = key ~= "" and line_of(text, key)
    return line and ("%s:%d"):format(path, line) or path
  end
  for _, tree in ipairs { env, result } do
    local fine, bad = flatten(tree, "", known, found, where)
    if not fine then return nil, bad end
  end
  table.sort(found, function(a, b) return a.key < b.key end)
  for i = 2, #found do
    if found[i].key == found[i - 1].key then
      return nil, ("%s: %s is set twice"):format(found[i].origin, found[i].key)
    end
  end
  return found
end

return M
