-- SPDX-License-Identifier: Apache-2.0
-- The command line: finds the command, parses its options, runs it, makes an exit status of the end
-- (0 done, 1 the work failed, 2 wrong usage). Runs in wickd and as `luajit lua/wick/cli.lua`.
local here = debug.getinfo(1, "S").source:match "^@(.*)lua/wick/cli%.lua$" or ""
local root = here == "" and "." or here:gsub("/$", "")
local as_script = arg and (arg[0] or ""):match "cli%.lua$" and true or false
local in_wickd = package.preload["wick.core"] ~= nil

if as_script and not in_wickd then
  package.path = ("%s/lua/?.lua;%s/lua/?/init.lua;%s"):format(root, root, package.path)
  package.cpath = ("%s/build/lua5.4/?.so;%s"):format(root, package.cpath)
end

local nearest = require "wick.nearest"
local options = require "wick.cli.options"
local shell = require "wick.cli.shell"

local M = {}

M.commands = { "run", "sim", "replay", "candles", "feed", "config", "migrate", "doctor",
  "completion", "version", "help" }

-- Commands of later parts, named so that nobody searches for them.
M.later = { verify = "the log against the stored candles", rebuild = "candles anew from the log",
  backfill = "history fetched", chart = "an actor's chart, drawn from the running definition" }

-- The table of a command: its options, texts and main(values, sh) -> status or nil, message.
function M.command(name)
  for _, known in ipairs(M.commands) do
    if known == name then return require("wick.cli." .. name) end
  end
end

local function unknown(name)
  local names = {}
  for _, n in ipairs(M.commands) do names[#names + 1] = n end
  for n in pairs(M.later) do names[#names + 1] = n end
  table.sort(names)
  shell.say(("wick: no command '%s'%s\n"):format(name, nearest.hint(name, names)))
  shell.say "wick help lists them\n"
  return 2
end

local function usage_error(spec, why)
  shell.say(("wick %s: %s\nwick %s --help says more\n"):format(spec.name, why, spec.name))
  return 2
end

-- A command with commands of its own (feed check, migrate up) names them in `sub`.
local function descend(spec, argv, from)
  while spec.sub do
    local word = argv[from]
    local below = word and spec.sub[word]
    if not below then return spec, from end
    spec, from = below, from + 1
  end
  return spec, from
end

local function run(argv)
  local name = argv[1]
  if not name or name == "--help" or name == "-h" then name = "help" end
  if name == "--version" then name = "version" end
  if M.later[name] then
    shell.say(("wick %s: not yet; %s comes with a later part\n"):format(name, M.later[name]))
    return 1
  end
  local spec = M.command(name)
  if not spec then return unknown(name) end
  local from
  spec, from = descend(spec, argv, 2)
  local values, why = options.parse(spec, argv, from)
  if not values then return usage_error(spec, why) end
  if values.help then
    shell.out(options.help(spec))
    return 0
  end
  local status, message = spec.main(values, shell)
  if status then return status end
  shell.say(("wick %s: %s\n"):format(spec.name, message or "failed"))
  return 1
end

-- What a command threw: a closed pipe ends quietly, a mistake has a status, the rest is a bug.
local function caught(err)
  if type(err) == "table" and (err.quiet or err.message) then return err end
  return { message = debug.traceback("wick: " .. tostring(err), 2), status = 1 }
end

function M.main(argv)
  shell.root = root
  local ok, status = xpcall(function() return run(argv) end, caught)
  if ok then ok, status = xpcall(function() shell.flush() return status end, caught) end
  if ok then return status end
  if status.message then shell.say(status.message .. "\n") end
  return status.status or 0
end

if not as_script then return M end

local status = M.main { ... }
if in_wickd then return status end
os.exit(status, true)
