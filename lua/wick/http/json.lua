-- SPDX-License-Identifier: Apache-2.0
-- JSON with its members in a given order: what is read should not change from run to run.
local M = {}

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

function M.text(s)
  return '"' .. s:gsub('[%c"\\\127]', function(c)
    return escapes[c] or ("\\u%04x"):format(c:byte())
  end) .. '"'
end

-- Text that is JSON already.
function M.raw(s) return { raw = s } end
M.null = M.raw "null"
M.empty = M.raw "[]"

-- { "name", value, "name", value } in this order; a nil value cannot be written: use M.null.
function M.object(pairs_list)
  local out = {}
  for i = 1, #pairs_list, 2 do
    out[#out + 1] = M.text(pairs_list[i]) .. ":" .. M.value(pairs_list[i + 1])
  end
  return M.raw("{" .. table.concat(out, ",") .. "}")
end

function M.array(list)
  local out = {}
  for i, v in ipairs(list) do out[i] = M.value(v) end
  return M.raw("[" .. table.concat(out, ",") .. "]")
end

-- Text of a string, number, boolean, raw JSON, or a plain list of those.
function M.value(v)
  local kind = type(v)
  if kind == "string" then return M.text(v) end
  if kind == "number" then
    if v ~= v or v == math.huge or v == -math.huge then return "null" end
    return v == math.floor(v) and ("%.0f"):format(v) or ("%.14g"):format(v)
  end
  if kind == "boolean" then return tostring(v) end
  if kind == "table" then return v.raw or M.array(v).raw end
  return "null"
end

return M
