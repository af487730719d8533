-- SPDX-License-Identifier: Apache-2.0
-- Content negotiation by Accept (RFC 9110, 12.5.1), over the formats that an answer can have.
local M = {}

-- In the server's own order of liking.
M.formats = {
  { name = "json", type = "application/json" },
  { name = "ndjson", type = "application/x-ndjson" },
  { name = "csv", type = "text/csv", sent = "text/csv; charset=utf-8; header=present" },
}

function M.format(name)
  for _, f in ipairs(M.formats) do if f.name == name then return f end end
end

-- Every media range of a header as { type, subtype, q }; what is no media range is left out.
local function ranges(header)
  local out = {}
  for part in (header .. ","):gmatch "([^,]*)," do
    local kind, sub, params = part:match "^%s*([%w!#$&^_.+*-]+)/([%w!#$&^_.+*-]+)%s*(.*)$"
    if kind and not (kind == "*" and sub ~= "*") then
      local q = (params:lower() .. ";"):match ";%s*q=([%d.]+)%s*;"
      q = q and (q:match "^[01]$" or q:match "^0%.%d?%d?%d?$" or q:match "^1%.0?0?0?$")
      local bad = params:lower():find ";%s*q=" and not q
      if not bad then out[#out + 1] = { kind:lower(), sub:lower(), tonumber(q or 1) } end
    end
  end
  return out
end

-- Quality of a type: that of the most specific range it falls under, 0 for none.
local function quality(list, type)
  local kind, sub = type:match "^(.-)/(.*)$"
  local best, q = -1, 0
  for _, r in ipairs(list) do
    local level = r[1] == kind and r[2] == sub and 2 or r[1] == kind and r[2] == "*" and 1
      or r[1] == "*" and 0 or -1
    if level > best then best, q = level, r[3] end
  end
  return q
end

-- application/ndjson and application/jsonl are names of the same thing.
local aliases = { ["application/x-ndjson"] = { "application/ndjson", "application/jsonl" } }

-- The format to answer with, nil where none is acceptable. header nil or empty: anything goes.
function M.choose(header)
  if not header or not header:find "%S" then return M.formats[1] end
  local list, best, best_q = ranges(header), nil, 0
  if #list == 0 then return M.formats[1] end
  for _, f in ipairs(M.formats) do
    local q = quality(list, f.type)
    for _, other in ipairs(aliases[f.type] or {}) do q = math.max(q, quality(list, other)) end
    if q > best_q then best, best_q = f, q end
  end
  return best
end

return M
