-- SPDX-License-Identifier: Apache-2.0
-- The .env form: NAME=value lines, comments, quotes, `export`. Nothing is expanded in it.
local M = {}

local escapes = { n = "\n", t = "\t", r = "\r", ["\\"] = "\\", ['"'] = '"', ["$"] = "$" }

-- The quoted value that begins at `at`, and where it ends; it may go over lines.
local function quoted(text, at, quote)
  local out, i = {}, at
  while i <= #text do
    local c = text:sub(i, i)
    if c == quote then return table.concat(out), i + 1 end
    if c == "\\" and quote == '"' and i < #text then
      local e = text:sub(i + 1, i + 1)
      out[#out + 1] = escapes[e] or c .. e
      i = i + 2
    else
      out[#out + 1] = c
      i = i + 1
    end
  end
end

local function plain(text, at)
  local line, stop = text:match("^([^\r\n]*)()", at)
  line = line:gsub("%s+#.*$", ""):gsub("^#.*$", "")
  return (line:match "^(.-)%s*$"), stop
end

local function count_lines(text, from, to)
  return select(2, text:sub(from, to):gsub("\n", ""))
end

-- One `NAME=value` whose value begins at `at`: value, and where the rest of its line begins.
local function value_at(text, at, line)
  local quote = text:match("^[\"']", at)
  if not quote then return plain(text, at) end
  local value, stop = quoted(text, at + 1, quote)
  if not value then return nil, ("%d: %s is not closed"):format(line, quote) end
  local rest = text:match("^[ \t]*([^\r\n]*)", stop)
  if rest ~= "" and rest:sub(1, 1) ~= "#" then
    return nil, ("%d: '%s' behind the closing quote"):format(line, rest)
  end
  return value, stop
end

-- Two tables, name to value and name to line; or nil, nil and "LINE: what is wrong".
function M.parse(text)
  local vars, lines, at, line = {}, {}, 1, 1
  text = text:gsub("^\239\187\191", "")
  while at <= #text do
    local row = text:match("^[^\n]*", at)
    if not row:match "^%s*#" and row:match "%S" then
      local name, start = text:match("^[ \t]*([%a_][%w_]*)[ \t]*=[ \t]*()", at)
      local export, begin = text:match("^[ \t]*export[ \t]+([%a_][%w_]*)[ \t]*=[ \t]*()", at)
      if export then name, start = export, begin end
      if not name then
        local shown = row:match("^%s*(.-)%s*$"):sub(1, 80)
        return nil, nil, ("%d: '%s' is not NAME=value"):format(line, shown)
      end
      local value, stop = value_at(text, start, line)
      if not value then return nil, nil, stop end
      vars[name], lines[name] = value, line
      line = line + count_lines(text, at, stop - 1)
      at = stop
    end
    local rest = text:match("^[^\n]*\n?", at)
    at, line = at + #rest, line + 1
  end
  return vars, lines
end

return M
