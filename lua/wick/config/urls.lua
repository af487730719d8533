-- SPDX-License-Identifier: Apache-2.0
-- The single variables beside a *_URL: KAFKA_BROKERS, TIMESCALEDB_*, REDIS_* become addresses.
local M = {}

local function encode(text)
  return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function host_of(text)
  return text:find(":", 1, true) and not text:match "^%[" and "[" .. text .. "]" or text
end

-- One row an address: which variables make it, and how.
local composed = {
  { key = "bus.url", names = { "KAFKA_BROKERS" }, lead = "KAFKA_BROKERS",
    make = function(v)
      local list = v.KAFKA_BROKERS:gsub("%s+", "")
      return list:match "^kafka:" and list or "kafka://" .. list
    end },
  { key = "store.url", lead = "TIMESCALEDB_HOST",
    names = { "TIMESCALEDB_HOST", "TIMESCALEDB_PORT", "TIMESCALEDB_USERNAME",
      "TIMESCALEDB_PASSWORD", "TIMESCALEDB_DATABASE" },
    make = function(v)
      local user = v.TIMESCALEDB_USERNAME and encode(v.TIMESCALEDB_USERNAME) or ""
      local pass = v.TIMESCALEDB_PASSWORD and ":" .. encode(v.TIMESCALEDB_PASSWORD) or ""
      local at = (user ~= "" or pass ~= "") and "@" or ""
      return ("postgres://%s%s%s%s:%s/%s"):format(user, pass, at, host_of(v.TIMESCALEDB_HOST),
        v.TIMESCALEDB_PORT or "5432", encode(v.TIMESCALEDB_DATABASE or "wick"))
    end },
  { key = "cache.url", lead = "REDIS_HOST",
    names = { "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD" },
    make = function(v)
      local pass = v.REDIS_PASSWORD and ":" .. encode(v.REDIS_PASSWORD) .. "@" or ""
      return ("redis://%s%s:%s"):format(pass, host_of(v.REDIS_HOST), v.REDIS_PORT or "6379")
    end },
}

function M.names()
  local out = {}
  for _, row in ipairs(composed) do
    for _, name in ipairs(row.names) do out[#out + 1] = name end
  end
  return out
end

-- The variables of a row: those of `layer`, what it leaves out from the weaker layers behind it.
local function gather(row, layer, layers, variable)
  local values, here, behind = {}, nil, false
  for _, l in ipairs(layers) do
    behind = behind or l == layer
    for _, name in ipairs(row.names) do
      if behind and values[name] == nil then
        local value, origin, why = variable(l, name)
        if why then return nil, nil, why end
        values[name] = value
        if value and l == layer then here = here or origin end
      end
    end
  end
  return values, here
end

local function anywhere(name, layers)
  for _, l in ipairs(layers) do
    if (l.get(name) or "") ~= "" then return true end
  end
end

-- For every address of which `layer` has a part: put(key, url, origin). nil and why: refused.
function M.compose(layer, layers, put, variable)
  for _, row in ipairs(composed) do
    local values, origin, why = gather(row, layer, layers, variable)
    if not values then return nil, why end
    if origin and values[row.lead] then
      local port = values.TIMESCALEDB_PORT or values.REDIS_PORT
      if port and not port:match "^%d%d?%d?%d?%d?$" then
        return nil, ("%s: the port '%s': allowed is a number"):format(origin, port)
      end
      local ok, bad = put(row.key, row.make(values), origin)
      if not ok then return nil, bad end
    elseif origin and not anywhere(row.lead, layers) then
      return nil, ("%s: without %s it says nothing"):format(origin, row.lead)
    end
  end
  return true
end

return M
