-- SPDX-License-Identifier: Apache-2.0
-- The nearest right name to a mistyped one: of commands, options, settings, markets, parameters.
local M = {}

-- Letters that differ (insert, delete, replace, swap of neighbours), without regard to case.
function M.distance(a, b)
  a, b = a:lower(), b:lower()
  local before, last = {}, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    local row = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
    before, last = last, row
  end
  return last[#b]
end

local function score(word, name)
  local w, n = word:lower(), name:lower()
  if w == n then return 0 end
  if #w >= 2 and n:find(w, 1, true) then return 1 end
  if #n >= 4 and w:find(n, 1, true) == 1 then return 2 end
  return M.distance(word, name)
end

-- At most `max` names near to word, nearest first. A word may differ in a third of its letters.
function M.list(word, names, max)
  local found, allowed = {}, math.max(2, math.floor(#word / 3))
  if #word > 200 then return found end
  for i, name in ipairs(names) do
    local d = score(word, name)
    if d <= allowed and d < math.max(#word, 2) then
      found[#found + 1] = { name = name, d = d, i = i }
    end
  end
  table.sort(found, function(a, b)
    if a.d ~= b.d then return a.d < b.d end
    return a.i < b.i
  end)
  local out = {}
  for i = 1, math.min(max or 3, #found) do out[i] = found[i].name end
  return out
end

-- "; did you mean 'x'?" or "" where nothing is near.
function M.hint(word, names)
  local best = M.list(word, names, 1)[1]
  return best and ("; did you mean '%s'?"):format(best) or ""
end

return M
