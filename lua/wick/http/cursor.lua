-- SPDX-License-Identifier: Apache-2.0
-- Paging cursors: opaque to clients, bound to their query, with a checksum that notices any change.
-- Nothing in one is trusted more than a parameter would be, so a checksum is enough.
local M = {}

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
local prime = 2147483647

-- Two polynomials over the bytes, 31 bits each; every product stays below 2^53.
local function checksum(text)
  local a, b = 104729, 7919
  for i = 1, #text do
    local c = text:byte(i) + 1
    a = (a * 65599 + c) % prime
    b = (b * 92821 + c * 31) % prime
  end
  return ("%08x%08x"):format(a, b)
end

local function encode64(text)
  local out = {}
  for i = 1, #text, 3 do
    local x, y, z = text:byte(i, i + 2)
    local n = x * 65536 + (y or 0) * 256 + (z or 0)
    for k = 3, z and 0 or y and 1 or 2, -1 do
      local at = math.floor(n / 64 ^ k) % 64 + 1
      out[#out + 1] = alphabet:sub(at, at)
    end
  end
  return table.concat(out)
end

local function decode64(text)
  local out = {}
  for i = 1, #text, 4 do
    local quad, n, size = text:sub(i, i + 3), 0, 0
    for k = 1, #quad do
      local at = alphabet:find(quad:sub(k, k), 1, true)
      if not at then return nil end
      n, size = n * 64 + at - 1, size + 1
    end
    if size == 1 then return nil end
    n = n * 64 ^ (4 - size)
    for k = 1, size - 1 do
      out[#out + 1] = string.char(math.floor(n / 256 ^ (3 - k)) % 256)
    end
  end
  return table.concat(out)
end

local fields = { "market", "interval", "start_ns", "end_ns", "order", "partial" }

-- q: the query as text fields; start_ns and end_ns are what is left of it.
function M.make(q)
  local parts = { "1" }
  for _, name in ipairs(fields) do parts[#parts + 1] = q[name] or "" end
  local text = table.concat(parts, "\n")
  return encode64(checksum(text) .. "\n" .. text)
end

-- The fields again, or nil where it is not one of ours, whole.
function M.read(cursor)
  local text = #cursor <= 2048 and decode64(cursor)
  if not text or encode64(text) ~= cursor then return nil end
  local sum, body = text:match "^(%x+)\n(.*)$"
  if not sum or checksum(body) ~= sum then return nil end
  local out, i = {}, 0
  for part in (body .. "\n"):gmatch "([^\n]*)\n" do
    if i > 0 then out[fields[i] or "extra"] = part ~= "" and part or nil end
    i = i + 1
  end
  if i ~= #fields + 1 or body:sub(1, 2) ~= "1\n" then return nil end
  return out
end

return M
