-- SPDX-License-Identifier: Apache-2.0
-- One parser for all options of all commands: values, help and completion come from one table.
--   { name = "replay", summary = "...", text = "...", example = "wick replay ...",
--     options = { { "format", value = "csv|json", choices = { "csv", "json" }, default = "csv" },
--                 { "partial", help = "a flag: it has no value" } },
--     args = { value = "FILE", min = 1, max = 3 } }
-- Fields of an option: help, value (its name; a flag has none), kind ("int" with min and max,
-- "number", "list", "duration" in ms), choices, many, required, default, check(text) -> value or
-- nil and what is allowed, complete ("file", "settings", "feeds").
local nearest = require "wick.nearest"

local M = {}

M.config = { "config", value = "F.lua", complete = "file",
  help = "configuration file, instead of wick.conf.lua in the working directory" }
M.set = { "set", value = "key=value", many = true, complete = "settings",
  help = "a setting; wick config lists them" }
M.help_flag = { "help", help = "this text" }

local units = { ns = 1e-6, us = 1e-3, ms = 1, s = 1e3, m = 6e4, h = 36e5, d = 864e5, w = 6048e5 }

-- "250ms", "1h30m", "0" to milliseconds, or nil.
function M.duration(text)
  if text == "0" then return 0 end
  local total, at = 0, 1
  while at <= #text do
    local n, unit, stop = text:match("^(%d+%.?%d*)(%a+)()", at)
    if not n or not units[unit] then return nil end
    total, at = total + tonumber(n) * units[unit], stop
  end
  return #text > 0 and total or nil
end

function M.split(text)
  local out = {}
  for part in (text .. ","):gmatch("([^,]*),") do
    part = part:match("^%s*(.-)%s*$")
    if part ~= "" then out[#out + 1] = part end
  end
  return out
end

local kinds = {
  int = function(text, o)
    local n = #text <= 15 and text:match("^-?%d+$") and tonumber(text)
    if n and n >= (o.min or -1e15) and n <= (o.max or 1e15) then return n end
    return nil, o.max and ("a whole number from %d to %d"):format(o.min or 0, o.max)
      or o.min and ("a whole number, %d or more"):format(o.min) or "a whole number"
  end,
  number = function(text, o)
    local n = text:match("^%d+%.?%d*$") and tonumber(text)
    if not n or n < (o.min or 0) then return nil, "a number, 0 or more" end
    return n
  end,
  duration = function(text)
    local ms = M.duration(text)
    if not ms then return nil, "a duration: a number and one of ns us ms s m h d w" end
    return ms
  end,
  list = function(text)
    local list = M.split(text)
    if #list == 0 then return nil, "names, separated by commas" end
    return list
  end,
}

local function value_of(o, text)
  if o.choices then
    for _, c in ipairs(o.choices) do if c == text then return text end end
    return nil, table.concat(o.choices, ", ") .. nearest.hint(text, o.choices)
  end
  local check = o.check or kinds[o.kind or ""]
  if check then return check(text, o) end
  return text
end

function M.names(spec)
  local out = {}
  for _, o in ipairs(spec.options or {}) do out[#out + 1] = "--" .. o[1] end
  out[#out + 1] = "--help"
  return out
end

local function find(spec, name)
  for _, o in ipairs(spec.options or {}) do if o[1] == name then return o end end
  return name == "help" and M.help_flag or nil
end

local function take(spec, values, name, given, next_text)
  local o = find(spec, name)
  if not o then
    return nil, ("no option '--%s'%s"):format(name, nearest.hint("--" .. name, M.names(spec)))
  end
  if not o.value then
    if given then return nil, ("--%s takes no value"):format(name) end
    values[name] = true
    return 0
  end
  local text = given or next_text
  if not text then return nil, ("--%s needs a value: --%s %s"):format(name, name, o.value) end
  local value, why = value_of(o, text)
  if value == nil then return nil, ("--%s '%s': allowed is %s"):format(name, text, why) end
  if o.many then
    values[name] = values[name] or {}
    table.insert(values[name], value)
  elseif values[name] ~= nil then
    return nil, ("--%s is given twice"):format(name)
  else
    values[name] = value
  end
  return given and 0 or 1
end

local function finish(spec, values)
  local args = spec.args or { max = 0 }
  for _, o in ipairs(spec.options or {}) do
    if values[o[1]] == nil then
      if o.required then return nil, ("--%s %s is missing"):format(o[1], o.value) end
      values[o[1]] = o.default
    end
  end
  if #values < (args.min or 0) then
    local names = M.split((args.value:gsub(" and ", ",")))
    return nil, ("%s is missing"):format(names[#values + 1] or args.value)
  end
  if #values > (args.max or math.huge) then
    local expected = (args.max or 0) == 0 and "" or "; expected " .. args.value
    return nil, ("'%s' is too much%s"):format(values[args.max + 1], expected)
  end
  if args.choices then
    for i = 1, #values do
      local ok, why = value_of(args, values[i])
      if not ok then return nil, ("'%s': allowed is %s"):format(values[i], why) end
    end
  end
  return values
end

-- argv[from...] by the spec: values by option name, operands at 1, 2, ...; or nil and what's wrong.
-- { help = true } where --help (-h) stands before any mistake.
function M.parse(spec, argv, from)
  local values, i, open = {}, from or 1, true
  while i <= #argv do
    local word = argv[i]
    local name, given = word:match("^%-%-([^=]+)=?(.*)$")
    if open and word == "--" then
      open = false
    elseif open and (word == "-h" or word == "--help") then
      return { help = true }
    elseif open and name then
      if not word:find("=", 1, true) then given = nil end
      local used, why = take(spec, values, name, given, argv[i + 1])
      if not used then return nil, why end
      i = i + used
    elseif open and word:match("^%-.") then
      return nil, ("no option '%s'%s"):format(word, nearest.hint("-" .. word, M.names(spec)))
    else
      values[#values + 1] = word
    end
    i = i + 1
  end
  return finish(spec, values)
end

-- A \1 in it is a blank where no line may end.
function M.usage(spec)
  local parts = { "wick " .. spec.name }
  for _, o in ipairs(spec.options or {}) do
    local one = "--" .. o[1] .. (o.value and "\1" .. o.value or "")
    parts[#parts + 1] = (o.required and one or "[" .. one .. "]") .. (o.many and "…" or "")
  end
  local args = spec.args
  if args and (args.max or 1) > 0 then parts[#parts + 1] = args.usage or args.value end
  return table.concat(parts, " ")
end

-- UTF-8 characters, for alignment.
local function width(text) return #text - select(2, text:gsub("[\128-\191]", "")) end

local function wrap(text, first, indent, columns)
  local lines, line = {}, first
  for word in text:gmatch("%S+") do
    if width(line) + width(word) + 1 > columns and line:match("%S") then
      lines[#lines + 1] = line
      line = (" "):rep(indent) .. word
    else
      line = line .. ((line == "" or line:match(" $")) and "" or " ") .. word
    end
  end
  lines[#lines + 1] = line
  return (table.concat(lines, "\n"):gsub("\1", " "))
end
M.wrap = wrap

local function option_lines(spec, out)
  local rows, widest = {}, 0
  for _, o in ipairs(spec.options or {}) do
    local left = "  --" .. o[1] .. (o.value and " " .. o.value or "")
    rows[#rows + 1] = { left, o }
    widest = math.max(widest, math.min(width(left), 28))
  end
  rows[#rows + 1] = { "  --help", M.help_flag }
  for _, row in ipairs(rows) do
    local o = row[2]
    local default = o.default ~= nil and (" (default %s)"):format(tostring(o.default)) or ""
    local help = (o.help or "") .. default .. (o.many and "; may be repeated" or "")
    local left = row[1] .. (" "):rep(widest - width(row[1]) + 2)
    out[#out + 1] = wrap(help, left, widest + 2, 100)
  end
end

function M.help(spec)
  local out = { wrap(M.usage(spec), "usage: ", 9, 100), "" }
  out[#out + 1] = wrap((spec.summary:gsub("^%l", string.upper)) .. ".", "", 0, 100)
  if spec.text then out[#out + 1] = "\n" .. spec.text:gsub("%s+$", "") end
  out[#out + 1] = "\noptions:"
  option_lines(spec, out)
  out[#out + 1] = "\nexample:"
  for line in (spec.example .. "\n"):gmatch("(.-)\n") do out[#out + 1] = "  " .. line end
  return table.concat(out, "\n") .. "\n"
end

return M
