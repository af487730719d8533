-- SPDX-License-Identifier: Apache-2.0
-- Settings: command line, environment, .env, Lua file, default, in this order; each remembers where
-- it came from. The table of settings is C's (wick_conf_option); how mistakes read is decided here.
local dotenv = require "wick.config.dotenv"
local kinds = require "wick.config.kinds"
local luafile = require "wick.config.luafile"
local nearest = require "wick.nearest"
local urls = require "wick.config.urls"

local M = {}
local Config = {}
Config.__index = Config

local function read_file(path)
  local f, why = io.open(path, "rb")
  if not f then return nil, why end
  local text = f:read "*a"
  f:close()
  if not text then return nil, path .. ": cannot be read" end
  return text
end

-- Set one value, checked by its kind; returns nil and a full sentence where it is refused.
local function put(self, key, value, origin, strong)
  local row = self.rows_by_key[key]
  if not row then
    return nil, ("%s: no setting '%s'%s"):format(origin, key, nearest.hint(key, self.keys))
  end
  local ok, allowed = kinds.check(row.kind, value, key)
  if not ok then
    local shown = kinds.shown(row.kind, value)
    return nil, ("%s: %s '%s': allowed is %s"):format(origin, key, shown, allowed)
  end
  if strong or self.origins[key] == nil then
    self.values[key], self.origins[key] = value, origin
  end
  return true
end

local function load_sets(self, sets)
  for _, text in ipairs(sets or {}) do
    local key, value = text:match "^%s*([^=%s]+)%s*=(.*)$"
    if not key then return nil, ("--set '%s': allowed is key=value"):format(text) end
    local ok, why = put(self, key, value, "--set " .. key, true)
    if not ok then return nil, why end
  end
  return true
end

-- One variable of a layer, or what the file named by VARIABLE_FILE holds.
local function variable(layer, name, read)
  local plain, path = layer.get(name), layer.get(name .. "_FILE")
  if plain == "" then plain = nil end
  if path == "" then path = nil end
  if plain and path then
    return nil, nil, ("%s: both %s and %s_FILE are set; keep one"):format(layer.name, name, name)
  end
  if plain then return plain, layer.origin(name) end
  if not path then return nil end
  local text, why = read(path)
  local origin = layer.origin(name .. "_FILE")
  if not text then return nil, nil, ("%s: %s"):format(origin, why) end
  return (text:gsub("[\r\n]+$", "")), origin
end

local function load_layer(self, layer, layers, read)
  for _, row in ipairs(self.rows) do
    if row.env ~= "" then
      local value, origin, why = variable(layer, row.env, read)
      if why then return nil, why end
      if value then
        local ok, bad = put(self, row.key, value, origin)
        if not ok then return nil, bad end
      end
    end
  end
  return urls.compose(layer, layers, function(key, value, origin)
    if self.origins[key] then return true end
    return put(self, key, value, origin)
  end, function(l, name) return variable(l, name, read) end)
end

local function env_layer(getenv)
  return { name = "environment", get = getenv,
    origin = function(name) return name .. " (environment)" end }
end

local function dotenv_layer(path, read, known)
  local text = read(path)
  if not text then return { name = ".env", get = function() end } end
  local vars, lines, why = dotenv.parse(text)
  if not vars then return nil, path .. ":" .. why end
  for name, line in pairs(lines) do
    if name:match "^WICK_" and not known[name] and not known[(name:gsub("_FILE$", ""))] then
      local names = {}
      for n in pairs(known) do names[#names + 1] = n end
      table.sort(names)
      return nil, ("%s:%d: no variable '%s'%s"):format(path, line, name, nearest.hint(name, names))
    end
  end
  return { name = path, get = function(name) return vars[name] end,
    origin = function(name) return ("%s:%d (%s)"):format(path, lines[name], name) end }
end

local function load_file(self, path, must, read)
  local text, why = read(path)
  if not text then
    if must then return nil, ("configuration file %s: %s"):format(path, why) end
    return true
  end
  local settings, bad = luafile.parse(text, path, self.rows_by_key)
  if not settings then return nil, bad end
  self.file = path
  for _, s in ipairs(settings) do
    local ok, refused = put(self, s.key, s.value, s.origin)
    if not ok then return nil, refused end
  end
  return true
end

-- o: rows (the table of settings), sets ("key=value" texts), file (--config), data_dir (its
-- default); for tests getenv, read and dotenv (a path). Returns a config, or nil and one sentence:
-- the setting, its origin, what is allowed.
function M.load(o)
  local self = { rows = o.rows, rows_by_key = {}, keys = {}, values = {}, origins = {} }
  setmetatable(self, Config)
  local read, getenv = o.read or read_file, o.getenv or os.getenv
  for i, row in ipairs(o.rows) do self.rows_by_key[row.key], self.keys[i] = row, row.key end
  local ok, why = load_sets(self, o.sets)
  if not ok then return nil, why end
  local env = env_layer(getenv)
  local known = { WICK_CONFIG = true }
  for _, row in ipairs(o.rows) do known[row.env] = true end
  local dot, bad = dotenv_layer(o.dotenv or ".env", read, known)
  if not dot then return nil, bad end
  local layers = { env, dot }
  for _, layer in ipairs(layers) do
    ok, why = load_layer(self, layer, layers, read)
    if not ok then return nil, why end
  end
  local named = o.file or env.get "WICK_CONFIG" or dot.get "WICK_CONFIG"
  if named == "" then named = nil end
  ok, why = load_file(self, named or "wick.conf.lua", named ~= nil, read)
  if not ok then return nil, why end
  if not self.origins["data.dir"] and o.data_dir then
    self.values["data.dir"], self.origins["data.dir"] = o.data_dir, "default"
  end
  return self
end

function Config:get(key)
  local row = assert(self.rows_by_key[key], "no setting " .. key)
  local value = self.values[key]
  if value == nil then value = row.default end
  return value
end

function Config:origin(key) return self.origins[key] or "default" end
function Config:given(key) return self.origins[key] ~= nil and self.values[key] ~= "" end
function Config:number(key) return tonumber(self:get(key)) end
function Config:ms(key) return kinds.duration(self:get(key)) end
function Config:list(key) return kinds.list(self:get(key)) end

-- The value as it may be shown: secrets and passwords in addresses are ***.
function Config:shown(key) return kinds.shown(self.rows_by_key[key].kind, self:get(key)) end

-- Markets in order, and the source that one is bound to: { { name = , source = nil or "kraken" } }.
function Config:markets()
  local out = {}
  for _, item in ipairs(self:list "markets") do
    local name, source = item:match "^(.-)=(.*)$"
    out[#out + 1] = { name = name or item, source = source }
  end
  return out
end

-- What is not the default, for wick.open.
function Config:table()
  local out = {}
  for key, value in pairs(self.values) do out[key] = value end
  return out
end

return M
