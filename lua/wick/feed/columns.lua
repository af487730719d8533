-- SPDX-License-Identifier: Apache-2.0
-- What to say of a file that is no recording and no CSV that a feed table reads.

-- The columns of one form of CSV, those it can do without left out.
local function columns(form)
  local out, seen = {}, {}
  local function add(name)
    if type(name) == "string" and not seen[name] then
      seen[name] = true
      out[#out + 1] = name
    end
  end
  for _, which in ipairs { "symbol", "time", "price", "qty", "side", "id", "count" } do
    local spec = form.fields and form.fields[which]
    if type(spec) ~= "table" then spec = { spec } end
    if not spec.optional then
      for _, name in ipairs(spec.join or { spec[1] or spec.first, spec.first and spec.last }) do
        add(name)
      end
    end
  end
  for _, name in ipairs(form.has or {}) do add(name) end
  return form.columns and ("%d columns without a header"):format(form.columns)
    or table.concat(out, ",")
end

-- What a file is that is no recording and no CSV that the table reads.
return function(t)
  local out = {}
  for _, form in ipairs(t.csv or {}) do out[#out + 1] = columns(form) end
  if #out == 0 then return ("it is no recording, and %s reads no CSV"):format(t.name) end
  return ("it is no recording, and a CSV of %s has the columns %s"):format(t.name,
    table.concat(out, ", or "))
end
