-- SPDX-License-Identifier: Apache-2.0
-- Paths into messages: "data.price", "events[].trades[]", "[-2]", "$.arg.instId", "^.type",
-- "update{}[]", "@.path[-1]", 1, ".". compile() makes the word that a plan holds.
local M = {}

-- A word of a plan: every byte that could be taken for something else as %XX, the empty word as %.
function M.encode(text)
  if text == "" then return "%" end
  return (text:gsub("[^%w_.:,;~|@+*<>=&?!()'\"{}%[%]#^`-]",
    function(c) return ("%%%02X"):format(c:byte()) end))
end

local ADDRESS = { kurl = true, khost = true, kpath = true, kquery = true }

local function key_word(key)
  return "k" .. M.encode(key):gsub("/", "%%2F")
end

local function bracket(text, at, steps)
  local close = text:find("]", at, true)
  local inner = close and text:sub(at + 1, close - 1)
  if not inner then return nil, "a '[' without its ']'" end
  if inner == "" then
    steps[#steps + 1] = "*"
  elseif inner:match "^%-?%d+$" and tonumber(inner) ~= 0 and #inner <= 6 then
    steps[#steps + 1] = ("i%d"):format(tonumber(inner))
  else
    return nil, ("'[%s]' is no position: they count from 1, or from -1 at the end"):format(inner)
  end
  return close + 1
end

-- A key from `at` on, to a dot or a bracket; a backslash takes the next character as it is.
local function key(text, at, steps)
  local out = {}
  while at <= #text do
    local c = text:sub(at, at)
    if c == "." or c == "[" or c == "{" then break end
    if c == "\\" then
      at = at + 1
      c = text:sub(at, at)
    end
    out[#out + 1] = c
    at = at + 1
  end
  local name = table.concat(out)
  if name == "" then return nil, "a key is empty" end
  if #name > 40 then return nil, "a key is longer than 40 bytes" end
  steps[#steps + 1] = key_word(name)
  return at
end

local function base(text)
  local up = text:match "^%^+"
  local mark = up or text:match "^[$@]" or ""
  local next_char = text:sub(#mark + 1, #mark + 1)
  if mark ~= "" and next_char ~= "" and next_char ~= "." and next_char ~= "["
    and next_char ~= "{" then
    mark = ""
  end
  if text == "." then return ".", 2 end
  if #mark > 8 then return nil, "more '^' than there are levels" end
  local at = #mark + 1
  if mark ~= "" and next_char == "." then at = at + 1 end
  return mark == "" and "." or mark, at
end

-- The steps of a path as words, its base first. nil, and why it is none.
function M.steps(path)
  if type(path) == "number" then
    if path % 1 ~= 0 or path == 0 or path > 100000 or path < -100000 then
      return nil, "a position is a whole number from 1, or from -1 at the end"
    end
    return { ".", ("i%d"):format(path) }
  end
  if type(path) ~= "string" or path == "" then return nil, "a path is a text or a position" end
  local from, at = base(path)
  if not from then return nil, at end
  local steps, err = { from }, nil
  while at <= #path do
    local c = path:sub(at, at)
    if c == "[" then
      at, err = bracket(path, at, steps)
    elseif path:sub(at, at + 1) == "{}" then
      steps[#steps + 1] = "@"
      at = at + 2
    elseif c == "{" then
      at, err = nil, "a '{' without its '}'"
    elseif c == "." then
      if at == #path then return nil, "it ends with a dot" end
      at = at + 1
      if path:sub(at, at):match "[%.%[{]" then return nil, "a key is empty" end
    else
      at, err = key(path, at, steps)
    end
    if not at then return nil, err end
  end
  if #steps > 9 then return nil, "it has more than 8 steps" end
  if from == "@" and not ADDRESS[steps[2] or ""] then
    return nil, "an address has @.url, @.host, @.path and @.query"
  end
  return steps
end

-- The word of a path. rows: [] means the row of a column. nil, and why it cannot be.
function M.compile(path, rows)
  local steps, err = M.steps(path)
  if not steps then return nil, err end
  for i, step in ipairs(steps) do
    if rows and step == "*" then steps[i] = "#" end
    if rows and i > 1 and step == "@" then return nil, "{} stands only in paths to trades" end
  end
  return table.concat(steps, "/")
end

local function is_list(step) return step == "*" or step == "@" end

-- How many levels the steps from `from` on lead down, as `^` counts them: each is one, but a key or
-- a position and the list behind it are one together.
local function pieces(steps, from)
  local n = 0
  for i = from, #steps do
    if is_list(steps[i]) or not is_list(steps[i + 1]) then n = n + 1 end
  end
  return n
end

-- Where the steps up to the nth list end (0 of them: at the base), and how many lists there are.
local function lists(steps, nth)
  local count, at = 0, 1
  for i = 2, #steps do
    if is_list(steps[i]) then
      count = count + 1
      if not nth or count <= nth then at = i end
    end
  end
  return at, count
end

-- A path beside another one, both from the message: in what the lists of `each` walk to, `beside`
-- leads from there. nil, and why it cannot.
function M.beside(each, beside)
  local own, other = M.steps(each), M.steps(beside)
  local _, shared = lists(other)
  local _, count = lists(own)
  local to = lists(own, shared)
  local from = lists(other)
  for i = 2, from do
    if shared > count or own[i] ~= other[i] or from ~= to then
      return nil, ("its lists are not those of '%s'"):format(each)
    end
  end
  local up = shared > 0 and pieces(own, to + 1)
  local out = { not up and "$" or up == 0 and "." or ("^"):rep(up) }
  for i = from + 1, #other do out[#out + 1] = other[i] end
  return table.concat(out, "/")
end

-- How many levels a path leads down, and how many it goes up first.
function M.depth(path)
  local steps = M.steps(path) or { "." }
  return pieces(steps, 2), (steps[1]:match "^%^+" or ""):len()
end

-- How many [] and {} there are in it.
function M.levels(path)
  local n = 0
  for i, step in ipairs(M.steps(path) or {}) do
    if i > 1 and is_list(step) then n = n + 1 end
  end
  return n
end

return M
